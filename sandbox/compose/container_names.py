"""``container_name``: honoured when it is free, else a name on the service's networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.compose.service import Draft
from sandbox.compose.sharing import with_aliases
from sandbox.words import count


def with_container_names(
    drafts: Mapping[str, Draft], elsewhere: Mapping[str, str]
) -> dict[str, Draft]:
    """
    Keep each ``container_name`` that one container of one environment has; warn of the others.

    Args:
        drafts: By name of the service.
        elsewhere: Container names of other environments, each with the name of one.
    """
    return {name: _named(draft, elsewhere) for name, draft in drafts.items()}


def _named(draft: Draft, elsewhere: Mapping[str, str]) -> Draft:
    service, wanted = draft.service, draft.service.container_name
    if not wanted:
        return draft
    why = ""
    if service.replicas > 1:
        why = f"{count(service.replicas, 'replica')} cannot share it"
    elif wanted in elsewhere:
        why = f"the environment {elsewhere[wanted]} has it, too"
    if not why:
        return draft
    draft.place.warn(
        draft.mark,
        f"the container is not called {wanted}: {why}; it is a name on the service's networks"
        " instead, and the container gets one of ours",
    )
    attachments = tuple(with_aliases(each, wanted) for each in service.attachments)
    return replace(draft, service=replace(service, container_name="", attachments=attachments))

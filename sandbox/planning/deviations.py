"""
What the engine made of a container when it created it, where that is not what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.planning.drift import field_words, limit_changes, value_words
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Creation, ObservedState
    from sandbox.model.service import Limits


def creation_texts(asked: Limits, creation: Creation) -> Iterator[str]:
    """
    Say what the engine warned of, and each limit that it made something else of.
    """
    for warning in creation.warnings:
        yield f"the engine warns: {warning}"
    for change in limit_changes(creation.limits, asked):
        what, field = field_words(change.field), change.field
        made, wanted = (value_words(field, text or None) for text in (change.old, change.new))
        yield f"the engine does not apply the {what}: asked {wanted}, made {made}"


def deviation_notes(desired: DesiredState, observed: ObservedState) -> tuple[str, ...]:
    """
    One note for each text, with the services that it is about.
    """
    services = {each.name: each for each in with_ingress(desired, observed).services}
    told: dict[str, set[str]] = {}
    for container in observed.containers:
        service = services.get(container.labels.get(SERVICE, ""))
        if service and container.creation:
            for text in creation_texts(service.limits, container.creation):
                told.setdefault(text, set()).add(service.name)
    return tuple(f"{', '.join(sorted(names))}: {text}" for text, names in sorted(told.items()))

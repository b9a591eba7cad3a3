"""
The label that keeps, field by field, what a container was created from.

It holds no value that may be a secret: of a field with free text only the name is kept. What such a
field was is read from the container itself, and what the engine does not tell is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.model.plan import Change
from sandbox.model.service import given_files
from sandbox.planning.labels import PREFIX, parse_container_labels
from sandbox.secrecy.kinds import hide_kinds
from sandbox.secrecy.names import STAND_IN, is_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.action import ContainerSpec
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.service import Service

WITHHELD: Final = ""
"""Text in the label of a field whose value is not in it."""
_FREE_TEXT = re.compile(
    r"command|entrypoint|healthcheck\.test|(?:environment|labels|annotations|hooks|logging\.options)\..*",
    re.DOTALL,
)
_NAMED = re.compile(
    r"(?:.*\.)?(?:environment|labels|args|annotations|logging\.options|driver_opts|storage)\.(?P<name>.+)",
    re.DOTALL,
)
_OLD_STAND_IN: Final = "hidden:"
"""What an earlier version put into the label in place of a secret."""


def label_fields(fields: Mapping[str, str], secret_fields: frozenset[str]) -> dict[str, str]:
    """Give what of *fields*, in clear, may stand in a label."""
    return {
        name: text if _may_stand(name, text, secret_fields) else WITHHELD
        for name, text in fields.items()
    }


def given_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """Those of *fields* that the engine tells of a container, whatever the label says."""
    return {
        name: text
        for name, text in fields.items()
        if _FREE_TEXT.fullmatch(name)
        and not name.startswith(("hooks.", f"labels.{PREFIX}", "labels.com.docker.compose."))
    }


def field_changes(
    before: Mapping[str, str],
    after: Mapping[str, str],
    secret_fields: frozenset[str] = frozenset(),
) -> tuple[Change, ...]:
    """Name the fields that differ, sorted; secrets stay hidden."""
    return tuple(
        Change(
            field=name,
            old=_covered(name, before.get(name), secret_fields),
            new=_covered(name, after.get(name), secret_fields),
        )
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )


def changes_since(
    container: ObservedContainer, spec: ContainerSpec
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """
    Name the fields in which *spec* differs from what *container* was created from.

    Returns:
        The changes; and when there are none, the fields of which one has changed.
    """
    kept = parse_container_labels(container.labels).fields
    if not kept:
        return (), ()
    told = {name: container.given.get(name, text) for name, text in kept.items()}
    unknown = {
        name
        for name, text in told.items()
        if name not in container.given
        and (text == WITHHELD or text.startswith(_OLD_STAND_IN))
        and name in spec.fields
    }
    secret = secret_fields(spec.service)
    changes = field_changes(
        {name: text for name, text in told.items() if name not in unknown},
        {name: text for name, text in spec.fields.items() if name not in unknown},
        secret,
    )
    if changes:
        return changes, ()
    if len(unknown) == 1:
        return tuple(Change(field=name, old=STAND_IN, new=STAND_IN) for name in unknown), ()
    return (), tuple(sorted(unknown))


def secret_fields(service: Service) -> frozenset[str]:
    """Fields of *service* that hold something declared as a secret."""
    return frozenset(f"files.{file.target}" for file in given_files(service) if file.secret)


def _may_stand(name: str, text: str, secret_fields: frozenset[str]) -> bool:
    return not _FREE_TEXT.fullmatch(name) and _covered(name, text, secret_fields) == text


def _covered(name: str, text: str | None, secret_fields: frozenset[str]) -> str | None:
    if text is None:
        return None
    if name in secret_fields or any(name.endswith(f".{each}") for each in secret_fields):
        return STAND_IN
    named = _NAMED.fullmatch(name)
    return STAND_IN if named and is_secret(named["name"], text) else hide_kinds(text)

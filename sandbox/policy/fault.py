"""What a rule objects to in a body, before anybody asks whether it was waived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One thing that must not reach the engine.

    Attributes:
        key: As in `sandbox.policy.keys`; for a field that nobody knows its name in the API.
        value: What exactly, in the form that a waiver names it; empty when there is just one.
        what: What it is, as the beginning of a sentence.
        why: Why it is denied, where that depends on more than its key.
        explicit: Only a waiver that names *value* allows it.
        sought: How the entry of the file says it, ``name=text``, where that is not *value*.
    """

    key: str
    value: str = ""
    what: str
    why: str = ""
    explicit: bool = False
    sought: tuple[str, ...] = ()


def entries(value: object) -> list[object]:
    """See *value* as a list; anything that is none and not empty stands for a list of itself."""
    if isinstance(value, list | tuple):
        return list(cast("Collection[object]", value))
    return [value] if value else []


def table(value: object) -> dict[str, object]:
    """See *value* as a mapping; anything that is none and not empty is one of an unknown field."""
    if isinstance(value, dict):
        return {str(key): each for key, each in cast("Mapping[object, object]", value).items()}
    return {"?": value} if value else {}


def unknown(body: Mapping[str, object], known: Collection[str], place: str) -> Iterator[Fault]:
    """
    Object to every field that nobody has judged harmless.

    The engine reads names of fields without regard to their case; ours are exact, so another
    spelling of a field is an unknown one. An empty value can be a choice, too: no masked path.
    """
    for name in sorted(set(body) - set(known)):
        if body[name] is not None:
            field = f"{place}{name}"
            yield Fault(key=field, what=f"the field {field} is unknown to the policy")

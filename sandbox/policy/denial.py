"""A denial: who is refused what, where it was written, why, and how to allow it all the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from sandbox.model.waiver import Subject
from sandbox.words import one_or_many

_PLAIN: Final = re.compile(r"[a-zA-Z0-9/][a-zA-Z0-9._/-]*")
_NOT_TEXT: Final = re.compile(r"[0-9.]+|0[xo].*|true|false|null|yes|no|on|off", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """
    One thing that must not reach the engine.

    Attributes:
        environment: Where it was asked for.
        name: Key of the service, network or volume in the Compose file.
        key: As it is written in the Compose file; for a field of the API that the policy does not
            know the name of that field.
        value: What exactly; empty when there is just one.
        what: What was asked for.
        why: Why it is denied.
        place: ``file:line`` of the entry; empty when it is not known.
        variables: What the entry is made of, each with its place.
        unset: Variables in the entry that are not set: nobody wrote what it comes to.
        waivable: A waiver can allow it.
    """

    environment: str
    subject: Subject = Subject.SERVICE
    name: str
    key: str
    value: str = ""
    what: str
    why: str
    place: str = ""
    variables: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    waivable: bool = True

    @property
    def waiver(self) -> str:
        """The entry of the waiver file that allows this and nothing else; a person adds why."""
        if not self.waivable or self.unset:
            return ""
        pairs = [
            ("environment", self.environment),
            (self.subject.value, self.name),
            ("key", self.key),
            *([("value", self.value)] if self.value else []),
        ]
        written = ", ".join(f"{name}: {_quoted(text)}" for name, text in pairs)
        return f'- {{{written}, reason: "…"}}'

    @property
    def text(self) -> str:
        """What is denied, where and why, in one line."""
        place = f" ({self.place})" if self.place else ""
        origin = f", from {' and '.join(self.variables)}" if self.variables else ""
        if self.unset:
            names = " and ".join(self.unset)
            missing = f"{names} {one_or_many(len(self.unset), 'is', 'are')} not set, so this is "
        else:
            missing = ""
        return f"policy denies {self.key}{place}: {missing}{self.what}{origin}; {self.why}"


def _quoted(text: str) -> str:
    """Write *text* as YAML that is read as that very text."""
    if _PLAIN.fullmatch(text) and not _NOT_TEXT.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)

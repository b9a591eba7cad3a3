"""Known values taken out of a text, however they are written there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.secrecy.forms import encoded_forms, plain_forms
from sandbox.secrecy.names import STAND_IN, is_common

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONG: Final = 8
"""A value so long is hidden wherever it stands; a shorter one only where it is a whole word."""
_RUN = re.compile(rf"[A-Za-z0-9+/_-]{{{_LONG - 1},}}")
_ROUNDS: Final = 8


def hide_values(text: str, values: Iterable[str]) -> str:
    """
    Write ``***`` in place of each of *values* in *text*.

    One shorter than `SHORTEST`, and one that is a word of any text, stays.
    """
    found = _pieces_found(text, [each for each in values if not is_common(each)])
    if not found:
        return text
    ranked = sorted(found, key=lambda piece: (-len(piece), piece))
    pattern = re.compile("|".join(_pattern(piece) for piece in ranked))
    for _ in range(_ROUNDS):
        hidden = pattern.sub(STAND_IN, text)
        if hidden == text:
            break
        text = hidden
    return text


def _pieces_found(text: str, values: list[str]) -> set[str]:
    # Most forms of a value are the value itself, and most texts hold nothing that is encoded.
    found = {value for value in values if value in text}
    if any(sign in text for sign in "\\%&+'$\""):
        found.update(form for value in values for form in plain_forms(value) if form in text)
    runs = "\n".join(set(_RUN.findall(text)))
    if runs:
        found.update(_encoded_found(runs, values))
    return found


def _encoded_found(runs: str, values: list[str]) -> Iterator[str]:
    for value in values:
        for form in encoded_forms(value):
            if form in runs:
                yield form


def _pattern(piece: str) -> str:
    quoted = re.escape(piece)
    if len(piece) >= _LONG and not piece.isdecimal():
        return quoted
    return rf"(?<!\w){quoted}(?!\w)"

"""Control characters: what drives a terminal, or shows a text in another order than it has."""

from __future__ import annotations

import re

ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -~])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_HALVES = re.compile(r"[\ud800-\udfff]")


def without_controls(text: str) -> str:
    """
    Remove escape sequences, control characters and direction marks; keep newlines and tabs.

    Half a surrogate pair, which no encoding can write, becomes a question mark.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub("", ESCAPES.sub("", text.replace("\r\n", "\n")))
    return _HALVES.sub("?", text)

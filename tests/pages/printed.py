"""
Compare what a page shows with what was printed: ids, times, durations and sizes may differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MORE = "…"
"""Alone in a line: any number of lines. Within a line: any text."""

_UNIT = r"(?:ms|s|min|h|days?|d)"
_SAME = (
    (
        re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.\d]*(?:Z|[+-]\d\d:\d\d))?)?"),
        "TIME",
    ),
    (re.compile(r"\b\d\d:\d\d(?::\d\d)?\b"), "TIME"),
    (re.compile(rf"\b\d+(?:\.\d+)? {_UNIT}\b(?: \d+ {_UNIT}\b)*"), "SPAN"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|kB|KiB|MB|MiB|GB|GiB)\b"), "SIZE"),
    (re.compile(r"(?<![^\W_])(?=[0-9a-f]*\d)[0-9a-f]{6,64}(?![^\W_])"), "ID"),
    (re.compile(r"\b[a-f]{7}\b"), "ID"),  # a short id without any digit
    (re.compile(r"\b(pid|process) \d+"), r"\1 N"),
)


def normal(line: str) -> str:
    """
    Give *line* without what differs from run to run, and with one space where there are several.
    """
    for pattern, replacement in _SAME:
        line = pattern.sub(replacement, line)
    return re.sub(r"  +", " ", line.strip())


def fits(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """
    Tell whether *printed* is what a page shows, where ``…`` stands for anything.
    """
    return bool(_pattern(shown).fullmatch("".join(f"{normal(line)}\n" for line in printed)))


def _pattern(shown: Sequence[str]) -> re.Pattern[str]:
    parts: list[str] = []
    for line in shown:
        if line.strip() in {MORE, "..."}:
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            words = (re.escape(part) for part in normal(line).split(MORE))
            parts.append("[^\n]*?".join(words) + "\n")
    return re.compile("".join(parts))


def first_misfit(shown: Sequence[str], printed: Sequence[str]) -> str:
    """
    Give the first line of a page up to which *printed* still fits; for the message of a test.
    """
    for count in range(1, len(shown) + 1):
        if not fits([*shown[:count], MORE], printed):
            return shown[count - 1]
    return "the page ends earlier"

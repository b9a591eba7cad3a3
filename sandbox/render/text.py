"""
Small pieces of text: cleaned, shortened, counted, aligned.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from sandbox.secrecy.controls import without_controls
from sandbox.secrecy.vault import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLORS = re.compile(r"\x1b\[[0-9;]*m")

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86400
_SHORT_COMMIT = 7
_PRECISE_S = 10


def clean(text: str) -> str:
    """
    Take secrets out of *text*, and whatever could drive a terminal.

    Commit messages, logs and names come from anywhere. Newlines become spaces, so that one line
    stays one line.
    """
    return shown(text).replace("\n", " ")


def headline(text: str) -> str:
    """
    The first line of *text*, cleaned, for where there is room for one; ``…`` when there are more.
    """
    first, *others = text.splitlines() or [""]
    return f"{clean(first)} …" if others else clean(first)


def in_html(text: str) -> str:
    """
    Clean *text* for a page.
    """
    return html.escape(clean(text))


def clean_log(line: str) -> str:
    """
    Clean a line of a log that was asked for: it keeps its colours, and says what it says.
    """
    kept: list[str] = []
    end = 0
    for color in _COLORS.finditer(line):
        kept += [_one_line(line[end : color.start()]), color.group()]
        end = color.end()
    kept.append(_one_line(line[end:]))
    reset = "\x1b[0m" if len(kept) > 1 else ""
    return "".join(kept) + reset


def _one_line(text: str) -> str:
    return without_controls(text).replace("\n", " ")


def short(commit: str) -> str:
    """
    First digits of a commit id.
    """
    return commit[:_SHORT_COMMIT]


def duration(seconds: float) -> str:
    """
    A span of time for people: ``0.4 s``, ``12 s``, ``2 min 5 s``, ``3 h 10 min``, ``4 d 2 h``.
    """
    if seconds < _PRECISE_S - 0.05:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(whole, _MINUTE_S, "min", 1, "s")
    if whole < _DAY_S:
        return _two(whole, _HOUR_S, "h", _MINUTE_S, "min")
    return _two(whole, _DAY_S, "d", _HOUR_S, "h")


def _two(whole: int, large_s: int, large: str, small_s: int, small: str) -> str:
    first, rest = divmod(whole, large_s)
    second = rest // small_s
    return f"{first} {large} {second} {small}" if second else f"{first} {large}"


def clock_time(at: float, zone: tzinfo | None) -> str:
    """
    Time of day in *zone* (``None``: this machine's), such as ``14:03:09``.
    """
    return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")


def day_and_time(at: float, zone: tzinfo | None) -> str:
    """
    Day and time of day in *zone* (``None``: this machine's), such as ``2026-11-23 14:03:09``.
    """
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def listed(words: Iterable[str], *, most: int = 5) -> str:
    """
    Join *words* for a sentence: ``a, b and c``; beyond *most* the rest is counted.
    """
    shown = list(words)
    if len(shown) > most:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def columns(rows: Sequence[Sequence[str]], *, gap: int = 2) -> tuple[tuple[str, ...], ...]:
    """
    Pad the cells of *rows* so that columns line up; the last cell of a row is left as it is.

    Cells are plain text (colour comes after), rows have equally many cells.
    """
    if not rows:
        return ()
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return tuple(
        (
            *(cell.ljust(width + gap) for cell, width in zip(row[:-1], widths, strict=False)),
            row[-1],
        )
        for row in rows
    )

"""
Lines made of painted pieces, which can be cut to a width: escape codes take no room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from sandbox.render.style import Style

Span: TypeAlias = tuple[str, tuple[str, ...]]
"""A text, and the names of its colours and weights."""
Spans: TypeAlias = tuple[Span, ...]


def span(text: str, *names: str) -> Span:
    """
    Give one piece.
    """
    return text, names


def width_of(spans: Spans) -> int:
    """
    Columns that *spans* take.
    """
    return sum(len(text) for text, _ in spans)


def painted(spans: Spans, style: Style, *, width: int = 0) -> str:
    """
    Write *spans*, at most *width* columns with a ``…`` at the end of what is cut; 0 is any width.
    """
    left = width or width_of(spans)
    parts: list[str] = []
    for text, names in _cut(spans, left):
        parts.append(style.paint(text, *names))
    return "".join(parts)


def _cut(spans: Spans, width: int) -> Spans:
    if width_of(spans) <= width:
        return spans
    kept: list[Span] = []
    left = max(width - 1, 0)
    for text, names in spans:
        kept.append((text[:left], names))
        left -= len(kept[-1][0])
    return (*kept, ("…", ())) if width else ()

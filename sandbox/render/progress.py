"""
How far a sync is, in a line or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.spans import Spans, painted, span
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, duration, listed
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.syncing import Syncing

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_A_SECOND = 10
_SHOWN_STEPS = 3
_CELLS = 16


def doing(progress: Syncing) -> str:
    """
    What runs now, such as ``build image web and start db``; empty when nothing does.
    """
    return clean(listed((step.id for step in progress.running), most=_SHOWN_STEPS))


def progress_lines(
    progress: Syncing, *, now: float, width: int, name_width: int = 0, style: Style = PLAIN
) -> tuple[str, ...]:
    """
    A line of how far it is, and below it the last line of output, if there is any.

    ::

        ⠹ staging     ━━━━━━━━──────── 7/14  12 s  build image web
            | Get:12 trixie/main amd64 libpq5

    No line is longer than *width*, the columns of the terminal; *now* is on the clock of
    `Syncing.began_at`.
    """
    frame = _FRAMES[int(now * _FRAMES_A_SECOND) % len(_FRAMES)]
    name = clean(progress.environment).ljust(name_width)
    took = duration(now - progress.began_at)
    spans = (
        span(frame, "cyan"),
        span(f" {name}", "bold"),
        span("  "),
        *progress_bar(progress),
        span(f"  {took}  {doing(progress) or 'looking'}"),
    )
    line = painted(spans, style, width=width)
    if not progress.output:
        return (line,)
    last = (span(f"    | {clean(progress.output[-1])}", "dim"),)
    return (line, painted(last, style, width=width))


def progress_bar(progress: Syncing) -> Spans:
    """
    Give a bar and the steps that are done, such as ``━━━─────── 3/10``.
    """
    if not progress.steps:
        return (span("─" * _CELLS, "dim"),)
    done = min(progress.done, progress.steps)
    full = _CELLS * done // progress.steps
    return (
        span("━" * full, "green"),
        span("─" * (_CELLS - full), "dim"),
        span(f" {done}/{progress.steps}"),
    )


def syncing_text(syncing: Syncing, now: float) -> str:
    """
    How far it is, and what has been running for longest.

    ::

        syncing 3/16, build image db 2 min and 1 more
    """
    verb = "syncing" if syncing.revision else "taking down"
    head = f"{verb} {min(syncing.done, syncing.steps)}/{syncing.steps}"
    if not syncing.running:
        return f"{head}, {duration(now - syncing.began_at)}"
    first, *others = syncing.running
    more = f" and {len(others)} more" if others else ""
    return f"{head}, {clean(first.id)} {duration(now - first.began_at)}{more}"


def waiting_line(progress: Syncing, now: float) -> str:
    """
    For where nothing can be animated: what has been running for a while.
    """
    what = doing(progress) or "looking"
    took = duration(now - progress.began_at)
    return f"{clean(progress.environment)}: still at it after {took}: {what}"


def unfinished(progresses: Sequence[Syncing]) -> str:
    """
    What a wait that was given up was waiting for, for the message.
    """
    parts: list[str] = []
    for progress in progresses:
        what = doing(progress) or "an answer"
        steps = (
            f" ({progress.done} of {count(progress.steps, 'step')} done)" if progress.steps else ""
        )
        parts.append(f"{clean(progress.environment)} was waiting for: {what}{steps}")
    return "; ".join(parts)

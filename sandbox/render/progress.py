"""
How far a sync is: what happened is folded into one value, and that is shown in a line or two.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.model.event import Event, EventKind
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, count, duration, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_A_SECOND = 10
_SHOWN_STEPS = 3
_KEPT_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """
    One environment's sync so far.

    Attributes:
        began_at: Seconds of a clock that nobody sets, as *now* wherever it is asked for.
        steps: Of the plan; 0 while it is unknown.
        done: Steps that have ended.
        running: Ids of the steps that run now, in the order in which they began.
        output: Last lines of builders and containers, oldest first.
    """

    environment: str
    began_at: float
    steps: int = 0
    done: int = 0
    running: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


def begin(environment: str, now: float) -> Progress:
    """
    Nothing has happened yet.
    """
    return Progress(environment=environment, began_at=now)


def advance(progress: Progress, event: Event) -> Progress:
    """
    Take *event* into account; those of other environments change nothing.
    """
    if event.environment != progress.environment:
        return progress
    match event.kind:
        case EventKind.PLANNED:
            return replace(progress, steps=event.steps, done=0, running=())
        case EventKind.STEP_BEGAN:
            return replace(progress, running=(*progress.running, event.step_id))
        case EventKind.STEP_ENDED | EventKind.STEP_FAILED:
            running = tuple(id_ for id_ in progress.running if id_ != event.step_id)
            return replace(progress, done=progress.done + 1, running=running, output=())
        case EventKind.OUTPUT:
            return replace(progress, output=(*progress.output, event.message)[-_KEPT_LINES:])
        case _:
            return progress


def doing(progress: Progress) -> str:
    """
    What runs now, such as ``build image web and start db``; empty when nothing does.
    """
    return clean(listed(progress.running, most=_SHOWN_STEPS))


def progress_lines(
    progress: Progress, *, now: float, width: int, name_width: int = 0, style: Style = PLAIN
) -> tuple[str, ...]:
    """
    A line of how far it is, and below it the last line of output, if there is any.

    ::

        ⠹ staging     ━━━━━━━━──────── 7/14  12 s  build image web
            | Get:12 trixie/main amd64 libpq5

    No line is longer than *width*, the columns of the terminal.
    """
    frame = _FRAMES[int(now * _FRAMES_A_SECOND) % len(_FRAMES)]
    name = clean(progress.environment).ljust(name_width)
    took = duration(now - progress.began_at)
    bar, bar_text = _bar(progress, style)
    head = f"{frame} {name}  {bar_text}  {took}  "
    what = _cut(doing(progress) or "looking", width - len(head))
    line = f"{style.paint(frame, 'cyan')} {style.paint(name, 'bold')}  {bar}  {took}  {what}"
    if not progress.output:
        return (line,)
    last = _cut(clean(progress.output[-1]), width - 6)
    return (line, style.paint(f"    | {last}", "dim"))


def _bar(progress: Progress, style: Style) -> tuple[str, str]:
    cells = 16
    if not progress.steps:
        return style.paint("─" * cells, "dim"), "─" * cells
    done = min(progress.done, progress.steps)
    full = cells * done // progress.steps
    counted = f" {done}/{progress.steps}"
    painted = style.paint("━" * full, "green") + style.paint("─" * (cells - full), "dim")
    return painted + counted, "━" * full + "─" * (cells - full) + counted


def waiting_line(progress: Progress, now: float) -> str:
    """
    For where nothing can be animated: what has been running for a while.
    """
    what = doing(progress) or "looking"
    took = duration(now - progress.began_at)
    return f"{clean(progress.environment)}: still at it after {took}: {what}"


def unfinished(progresses: Sequence[Progress]) -> str:
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


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"

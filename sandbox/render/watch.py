"""
The live view: what is broken first, then the other environments, then what happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.event import EventKind
from sandbox.render.events import event_spans
from sandbox.render.spans import Spans, painted, span
from sandbox.render.status import NO_ENVIRONMENT, controller_text
from sandbox.render.style import PLAIN, Style
from sandbox.render.watch_panel import Panel, panel, urgency
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from sandbox.model.event import Event
    from sandbox.model.status import EnvironmentStatus

_LEAST_EVENTS = 3
_MOST_EVENTS = 10
"""So many are kept before there is room for what is not wrong."""
_SMALL = 24
"""In so few lines an environment that is quiet takes one."""
_TITLE = 2
"""Lines above the events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """
    A terminal.
    """

    columns: int
    lines: int


def worth_a_line(events: Sequence[Event]) -> list[Event]:
    """
    Leave out output, and beginnings of steps: those that run stand above, with their time.
    """
    left_out = {EventKind.OUTPUT, EventKind.STEP_BEGAN}
    return [event for event in events if event.kind not in left_out]


def watch_lines(
    statuses: Sequence[EnvironmentStatus],
    events: Sequence[Event],
    *,
    now: float,
    size: Size,
    zone: tzinfo | None = None,
    style: Style = PLAIN,
) -> tuple[str, ...]:
    """
    Fill a screen of *size*, at most; no line is longer, and what is left out is counted.

    *now* is in seconds since the epoch.
    """
    shown = worth_a_line(events)
    wanted = min(len(shown), _LEAST_EVENTS) + _TITLE if shown else 0
    room = size.lines - (wanted if size.lines > 2 * wanted else 0)
    lines = list(_environments(statuses, now, Size(columns=size.columns, lines=room)))
    if size.lines > _SMALL:
        free = size.lines - len(lines) - min(len(shown), _MOST_EVENTS) - _TITLE
        room = max(len(lines), len(lines) + free)
        lines = list(
            _environments(statuses, now, Size(columns=size.columns, lines=room), full=True)
        )
    left = size.lines - len(lines) - _TITLE
    if shown and left > 0:
        lines += _event_lines(shown[-left:], zone)
    return tuple(painted(line, style, width=size.columns) for line in lines[: size.lines])


def _environments(
    statuses: Sequence[EnvironmentStatus], now: float, size: Size, *, full: bool = False
) -> Iterator[Spans]:
    if not statuses:
        yield (span(NO_ENVIRONMENT),)
        return
    name_width = max(len(status.name) for status in statuses)
    panels = [
        panel(status, now=now, columns=size.columns, name_width=name_width)
        for status in sorted(statuses, key=urgency)
    ]
    alone = [status for status in statuses if not status.reconciled]
    room = size.lines - bool(alone)
    heads = len(panels) if len(panels) <= room else max(room - 1, 1)
    for each, rows in zip(panels, _shares(panels[:heads], room - heads, full=full), strict=False):
        yield from _lines(each, rows, full=full)
    if heads < len(panels):
        left_out = count(len(panels) - heads, "more environment")
        yield (span(f"… {left_out}: sandbox status", "dim"),)
    if alone:
        yield (span(controller_text(statuses), "yellow"),)


def _shares(panels: Sequence[Panel], room: int, *, full: bool) -> list[int]:
    """
    Give one line after another to the panels in turn; what is wrong before all that is not.
    """
    given = [0] * len(panels)
    for limits in (
        [len(each.rows) for each in panels],
        [len(each.rows) + len(each.more) * full for each in panels],
    ):
        while room > 0 and any(got < limit for got, limit in zip(given, limits, strict=True)):
            for index, limit in enumerate(limits):
                if room > 0 and given[index] < limit:
                    given[index] += 1
                    room -= 1
    return given


def _lines(each: Panel, given: int, *, full: bool) -> Iterator[Spans]:
    rows = (*each.rows, *each.more) if full else each.rows
    left_out = len(rows) - given
    if not left_out:
        yield each.head
        yield from rows
    elif not given:
        wrong = len(each.rows)
        yield (*each.head, span(f"  … {wrong} more", "dim")) if wrong else each.head
    else:
        yield each.head
        yield from rows[: given - 1]
        yield (span(f"  … {left_out + 1} more: sandbox status {each.name}", "dim"),)


def _event_lines(shown: Sequence[Event], zone: tzinfo | None) -> Iterator[Spans]:
    yield ()
    yield (span(f"the last {count(len(shown), 'event')}", "dim"),)
    name_width = max(len(event.environment) for event in shown)
    for event in shown:
        yield event_spans(event, zone=zone, name_width=name_width)

"""
The live view: environments above, what happened below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.event import EventKind
from sandbox.render.events import event_line
from sandbox.render.status import status_text
from sandbox.render.style import PLAIN, Style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from sandbox.model.event import Event
    from sandbox.model.status import EnvironmentStatus

_FEWEST_EVENTS = 3


def worth_a_line(events: Sequence[Event]) -> list[Event]:
    """
    Leave out output, and the beginning of every step whose end is there too.
    """
    kept: list[Event] = []
    ended: set[tuple[str, str]] = set()
    for event in reversed(events):
        step = (event.environment, event.step_id)
        if event.kind in {EventKind.STEP_ENDED, EventKind.STEP_FAILED}:
            ended.add(step)
        over = event.kind is EventKind.STEP_BEGAN and step in ended
        if event.kind is not EventKind.OUTPUT and not over:
            kept.append(event)
        if event.kind is EventKind.STEP_BEGAN:
            ended.discard(step)
    return kept[::-1]


def watch_text(
    statuses: Sequence[EnvironmentStatus],
    events: Sequence[Event],
    *,
    now: float,
    height: int,
    zone: tzinfo | None = None,
    style: Style = PLAIN,
) -> str:
    """
    Status of all, a rule, and as many of the newest events as fit into *height* lines.
    """
    screen = status_text(statuses, now=now, style=style).splitlines()
    room = max(height - len(screen) - 2, _FEWEST_EVENTS)
    name_width = max((len(event.environment) for event in events), default=0)
    shown = worth_a_line(events)[-room:]
    lines = [event_line(event, zone=zone, name_width=name_width, style=style) for event in shown]
    keep = max(height - len(lines) - 2, 1)
    return "\n".join([*screen[:keep], "", style.paint("events", "dim"), *lines])

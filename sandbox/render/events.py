"""
One line an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.event import Event, EventKind
from sandbox.render.spans import Spans, painted, span
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, clock_time, duration, short

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

EVENT_SIGNS: Mapping[EventKind, tuple[str, str]] = {
    EventKind.SEEN: ("◆", "cyan"),
    EventKind.DRIFT: ("≠", "yellow"),
    EventKind.INVALID: ("✗", "red"),
    EventKind.PLANNED: ("→", "cyan"),
    EventKind.STEP_BEGAN: ("·", "dim"),
    EventKind.STEP_ENDED: ("✓", "green"),
    EventKind.STEP_FAILED: ("✗", "red"),
    EventKind.OUTPUT: ("│", "dim"),
    EventKind.WAITING: ("‖", "yellow"),
    EventKind.SYNCED: ("●", "green"),
    EventKind.DEGRADED: ("✗", "red"),
    EventKind.QUARANTINED: ("⇠", "yellow"),
    EventKind.ABORTED: ("⊘", "yellow"),
    EventKind.HELD: ("‖", "yellow"),
    EventKind.RECOVERED: ("●", "green"),
    EventKind.UNREACHABLE: ("?", "red"),
    EventKind.UNHEALTHY: ("✗", "red"),
    EventKind.HEALTHY: ("●", "green"),
    EventKind.FLAPPING: ("≈", "yellow"),
    EventKind.SUSPENDED: ("‖", "magenta"),
    EventKind.RESUMED: ("→", "magenta"),
    EventKind.PROMOTED: ("▲", "cyan"),
    EventKind.PINNED: ("▪", "cyan"),
    EventKind.STOPPED: ("○", "dim"),
}


def event_line(
    event: Event, *, zone: tzinfo | None = None, name_width: int = 0, style: Style = PLAIN
) -> str:
    """
    Time, environment, sign, message and duration of *event*.

    ::

        14:03:09  staging     ✓ start web-1 (0.4 s)

    The time is that of *zone*, of this machine when ``None``; *name_width* is the width of the
    column of environments.
    """
    return painted(event_spans(event, zone=zone, name_width=name_width), style)


def event_spans(event: Event, *, zone: tzinfo | None = None, name_width: int = 0) -> Spans:
    """
    Give the line of *event* as `event_line` does, in pieces.
    """
    sign, color = EVENT_SIGNS[event.kind]
    took = "" if event.seconds is None else f" ({duration(event.seconds)})"
    return (
        span(clock_time(event.at, zone), "dim"),
        span("  "),
        span(clean(event.environment or "sandbox").ljust(name_width), "bold"),
        span("  "),
        span(sign, color),
        span(f" {event_text(event)}"),
        span(took, "dim"),
    )


def event_text(event: Event) -> str:
    """
    Message of *event*, with its step and its commit when the message does not name them.
    """
    message = _two_lines(event.message) or event.kind.value.replace("_", " ")
    if event.step_id and not message.startswith(event.step_id):
        message = f"{clean(event.step_id)}: {message}"
    known = not event.revision or short(event.revision) in message
    if known or event.kind not in {EventKind.SEEN, EventKind.SYNCED, EventKind.INVALID}:
        return message
    return f"{message} [{short(event.revision)}]"


def _two_lines(text: str) -> str:
    """
    The first two lines of *text* as one: what failed, and the first thing that says why.
    """
    lines = [clean(line).strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[:2]) + (" …" if len(lines) > 2 else "")  # noqa: PLR2004 - two lines

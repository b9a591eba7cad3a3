"""What happened, as it happens: what `watch` shows and the journal keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class EventKind(StrEnum):
    """Kinds of events, in the order in which a sync produces them."""

    SEEN = "seen"
    """A new revision was seen."""
    DRIFT = "drift"
    """The engine differs at an unchanged revision."""
    INVALID = "invalid"
    """The commit cannot be used; nothing was changed."""
    PLANNED = "planned"
    """A sync begins; the message tells how many steps."""
    STEP_BEGAN = "step_began"
    STEP_ENDED = "step_ended"
    STEP_FAILED = "step_failed"
    OUTPUT = "output"
    """A line of a builder or of a failing container."""
    WAITING = "waiting"
    """A canary gets too few requests to be judged; the sync goes on."""
    SYNCED = "synced"
    DEGRADED = "degraded"
    QUARANTINED = "quarantined"
    """The revision failed by its own fault; the last good one is wanted instead."""
    ABORTED = "aborted"
    """A newer commit or a person ended the sync."""
    HELD = "held"
    RECOVERED = "recovered"
    """The engine answers again, or the environment is healthy again."""
    UNREACHABLE = "unreachable"
    UNHEALTHY = "unhealthy"
    """A service became unhealthy after its sync."""
    HEALTHY = "healthy"
    """It works again."""
    FLAPPING = "flapping"
    """It changes between the two too often for each change to be told."""
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    PROMOTED = "promoted"
    """A person committed that the environment runs what another one proved."""
    PINNED = "pinned"
    """A person committed which release it runs, or that it follows its branch again."""
    STOPPED = "stopped"
    """The environment was taken down."""


OF_HEALTH: Final = frozenset({EventKind.UNHEALTHY, EventKind.HEALTHY, EventKind.FLAPPING})
"""Kinds that tell how a service does between syncs; damped where they are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    One thing that happened.

    Attributes:
        at: Seconds since the epoch.
        environment: Empty for the controller itself.
        message: One line for people.
        revision: Commit that it is about, when there is one.
        service_name: Service that it is about, when there is one.
        step_id: Step that it is about, when there is one.
        seconds: How long it took, for what has ended.
        steps: How many steps the plan has, for `PLANNED`; 0 when unknown.
    """

    at: float
    environment: str
    kind: EventKind
    message: str
    revision: str = ""
    service_name: str = ""
    step_id: str = ""
    seconds: float | None = None
    steps: int = 0

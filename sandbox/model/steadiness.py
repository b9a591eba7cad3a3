"""How the health of a service went after its sync."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRecord:
    """
    What is remembered of one service.

    Times are seconds since the epoch of a clock that nobody sets while a controller runs.

    Attributes:
        healthy: What it is now.
        since: Since when.
        changes: When that changed, oldest first; what is long past and told is left out.
        flapping: It changes too often for each change to be told.
        told_at: When something was told of it last; 0.0 when nothing was.
        restarts: How often it was restarted for being unhealthy, lately.
        restarted_at: When it was last; 0.0 when it never was.
    """

    environment: str
    service_name: str
    healthy: bool
    since: float
    changes: tuple[float, ...] = ()
    flapping: bool = False
    told_at: float = 0.0
    restarts: int = 0
    restarted_at: float = 0.0

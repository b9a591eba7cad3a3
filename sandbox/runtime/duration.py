"""Durations are measured by a clock that nobody sets, whatever the wall clock says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    When something began.

    Attributes:
        at: Seconds since the epoch, for people.
        measured: Seconds that never go back, for what has passed since.
    """

    at: float
    measured: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """Give this moment."""
        return cls(at=clock.now(), measured=clock.monotonic())

    def later(self, clock: Clock) -> float:
        """Give what the wall clock would say now had nobody set it; seconds since the epoch."""
        return self.at + clock.monotonic() - self.measured

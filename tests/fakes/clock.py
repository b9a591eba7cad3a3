"""Time that passes when a test says so."""

from __future__ import annotations

from threading import Lock


class FakeClock:
    """Implements `sandbox.ports.Clock`; sleeping takes no time and moves the clock on."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._lock = Lock()
        self._now = now
        self._monotonic = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock, as a person or NTP does; monotonic time does not follow."""
        with self._lock:
            self._now += seconds

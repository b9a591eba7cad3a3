"""The machine's own time."""

from __future__ import annotations

import time


class SystemClock:
    """Implements `sandbox.ports.Clock`."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; no time at all for a negative number."""
        time.sleep(max(0.0, seconds))

"""
When the time of ``--timeout`` is over, for what would otherwise go on until Ctrl-C.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sandbox.errors import DeadlineError

if TYPE_CHECKING:
    from sandbox.cli.invocation import Invocation
    from sandbox.ports import Clock


class Deadline:
    """
    True once ``--timeout`` has passed; never without one.
    """

    def __init__(self, invocation: Invocation, clock: Clock) -> None:
        self._clock = clock
        self._timeout_s = math.inf if invocation.timeout_s is None else invocation.timeout_s
        self._at = clock.monotonic() + self._timeout_s

    def __call__(self) -> bool:
        """
        Tell whether the time is over.
        """
        return self.left_s <= 0

    @property
    def left_s(self) -> float:
        """
        Seconds until then.
        """
        return self._at - self._clock.monotonic()

    def enforce(self) -> None:
        """
        End the command with the status of every other wait that took too long.

        Raises:
            DeadlineError: The time is over.
        """
        if self():
            raise DeadlineError(f"ended after {self._timeout_s:g} s, as --timeout says")

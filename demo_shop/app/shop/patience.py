"""
How long a request waits for a store that is being restarted.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 6.0
PAUSE_S = 0.1

T = TypeVar("T")


class Patience:
    """
    Repeats what fails because a store is away, until it is back or was away for ``PATIENCE_S``.

    Counted from the first request that found it away: when it stays away, the others are told so at
    once and do not pile up.
    """

    def __init__(self, *away: type[Exception], patience_s: float = PATIENCE_S) -> None:
        self._away = away
        self._patience_s = patience_s
        self._since: float | None = None
        self._lock = threading.Lock()

    def __call__(self, attempt: Callable[[], T]) -> T:
        """
        Give what *attempt* gives.

        Raises:
            Exception: the one of the last attempt.
        """
        while True:
            try:
                result = attempt()
            except self._away:
                if not self._is_left():
                    raise
                time.sleep(PAUSE_S)
            else:
                self._since = None
                return result

    def _is_left(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._since = self._since or now
            return now - self._since < self._patience_s

"""
One at a time for each name.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_LOOK_S = 0.1


class Turns:
    """
    Lets threads that would do the same thing do it one after another. Thread-safe.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def taking(self, name: str, stop: Callable[[], bool]) -> Generator[None]:
        """
        Wait until nobody else has *name*, then have it.

        Raises:
            CancelledError: *stop* said so meanwhile.
        """
        with self._changed:
            while name in self._taken:
                if stop():
                    raise CancelledError("stopped waiting for another thread to do the same")
                self._changed.wait(_LOOK_S)
            self._taken.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._taken.discard(name)
                self._changed.notify_all()

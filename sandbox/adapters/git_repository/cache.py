"""A mapping that forgets what was not used for long."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEPT_S: Final = 120.0
"""For what the looks at a commit ask for: an environment is looked at every 30 s."""


class BoundedCache(Generic[K, V]):
    """
    Keeps what was used last; safe to use from several threads.

    Args:
        limit: Sum of the weights that is kept.
        weigh: Weight of one value; 1 each unless said otherwise.
        kept_s: Seconds after its last use in which a value is kept.
    """

    def __init__(
        self, limit: int, weigh: Callable[[V], int] = lambda _: 1, *, kept_s: float = math.inf
    ) -> None:
        self._limit = limit
        self._weigh = weigh
        self._kept_s = kept_s
        self._weight = 0
        self._lock = Lock()
        self._values: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value of *key*, which is now the one used last."""
        now = time.monotonic()
        with self._lock:
            self._forget(now)
            if key not in self._values:
                return None
            value, _ = self._values.pop(key)
            self._values[key] = (value, now)
            return value

    def remember(self, key: K, find: Callable[[], V]) -> V:
        """The value of *key*: what *find* gives when it is not known, which is kept."""
        known = self.get(key)
        if known is None:
            known = find()
            self.put(key, known)
        return known

    def put(self, key: K, value: V) -> None:
        """Keep *value* unless it is heavier than all that may be kept."""
        now, weight = time.monotonic(), self._weigh(value)
        with self._lock:
            if key in self._values or weight > self._limit:
                return
            self._values[key] = (value, now)
            self._weight += weight
            self._forget(now)

    def _forget(self, now: float) -> None:
        while self._values:
            oldest, (value, used_at) = next(iter(self._values.items()))
            if self._weight <= self._limit and now - used_at <= self._kept_s:
                return
            del self._values[oldest]
            self._weight -= self._weigh(value)

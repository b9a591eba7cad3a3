"""A mapping that forgets what was not used for long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """
    Keeps what was used last; safe to use from several threads.

    Args:
        limit: Sum of the weights that is kept.
        weigh: Weight of one value; 1 each unless said otherwise.
    """

    def __init__(self, limit: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._lock = Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value of *key*, which is now the one used last."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def remember(self, key: K, find: Callable[[], V]) -> V:
        """The value of *key*: what *find* gives when it is not known, which is kept."""
        known = self.get(key)
        if known is None:
            known = find()
            self.put(key, known)
        return known

    def put(self, key: K, value: V) -> None:
        """Keep *value* unless it is heavier than all that may be kept."""
        weight = self._weigh(value)
        with self._lock:
            if key in self._values or weight > self._limit:
                return
            self._values[key] = value
            self._weight += weight
            while self._weight > self._limit:
                _, old = self._values.popitem(last=False)
                self._weight -= self._weigh(old)

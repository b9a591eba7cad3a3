"""
Containers that were there at the last look: what a list has to agree with.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.model.observed import Owner


class Remembered:
    """Ids of containers, by the environment that owns them. Thread-safe."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], frozenset[str]] = {}
        self._lock = threading.Lock()

    def of(self, owner: Owner) -> frozenset[str]:
        """Give those of *owner*."""
        with self._lock:
            return self._ids.get((owner.instance, owner.environment), frozenset())

    def replace(self, owner: Owner, ids: Iterable[str]) -> None:
        """Keep what a look that can be believed has found."""
        with self._lock:
            self._ids[owner.instance, owner.environment] = frozenset(ids)

    def add(self, carried: Mapping[str, str], container_id: str) -> None:
        """Keep what was just created with these labels."""
        key = carried.get(labels.INSTANCE, ""), carried.get(labels.ENVIRONMENT, "")
        with self._lock:
            self._ids[key] = self._ids.get(key, frozenset()) | {container_id}

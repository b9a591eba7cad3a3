"""Who holds the lock is the repository that it says it is: written down before anything else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from sandbox.ports import Identity, Lock


class ClaimingLock:
    """
    Implements `sandbox.ports.Lock` on another one.
    """

    def __init__(self, lock: Lock, identity: Identity) -> None:
        self._lock = lock
        self._identity = identity

    @contextmanager
    def hold(self) -> Generator[None]:
        """Hold it, and claim the identity of the repository."""
        with self._lock.hold():
            self._identity.claim()
            yield

    def holder(self) -> str | None:
        """Who holds it now, for people; ``None`` when nobody does."""
        return self._lock.holder()

    def still_held(self) -> bool:
        """Whether we hold it, and nobody else can."""
        return self._lock.still_held()

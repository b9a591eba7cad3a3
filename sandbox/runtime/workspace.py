"""One repository with everything that it takes to act on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.observed import Owner
from sandbox.model.plan import SyncPolicy

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.ports import ChangeFeed, Clock, Engine, Journal, Lock, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """
    The ports of one repository, wired by `sandbox.bootstrap`.

    Attributes:
        policy: What every plan may do, unless the environment says otherwise.
    """

    repository: Repository
    engine: Engine
    journal: Journal
    lock: Lock
    clock: Clock
    feed: ChangeFeed
    policy: SyncPolicy

    def owner(self, desired: DesiredState) -> Owner:
        """Whose objects those of *desired* are."""
        return Owner(
            instance=self.repository.instance,
            application=desired.application,
            environment=desired.environment,
        )

"""What was there at the last look: an answer of the engine without it is checked."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.errors import ImplausibleError
from sandbox.model.observed import ContainerState
from sandbox.model.ownership import Kind, Present

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedState
    from sandbox.ports import Engine, Ledger

_LEAVING: Final = frozenset({ContainerState.REMOVING, ContainerState.DEAD})
"""States in which a container is in one answer and no longer in another."""


class Remembered:
    """
    Containers and volumes of each environment; the journal keeps them for the next process.

    Thread-safe.
    """

    def __init__(self, journal: Ledger) -> None:
        self._journal = journal
        self._present: dict[str, Present] = {}
        self._written: dict[str, Present] = {}
        self._lock = threading.RLock()

    def of(self, environment: str) -> Present:
        """Give what was there, also as an earlier process saw it."""
        with self._lock:
            if environment not in self._present:
                kept = self._journal.present(environment)
                self._present[environment] = self._written[environment] = kept
            return self._present[environment]

    def looked(self, before: Present, observed: ObservedState) -> None:
        """Keep what a look has found; what was created since *before* stays."""
        environment = observed.owner.environment
        containers = frozenset(each.id for each in observed.containers)
        volumes = frozenset(each.name for each in observed.volumes)
        with self._lock:
            now = self.of(environment)
            self._present[environment] = Present(
                containers=containers | (now.containers - before.containers),
                volumes=volumes | (now.volumes - before.volumes),
            )

    def created(self, environment: str, kind: Kind, object_id: str) -> None:
        """Keep what was just created, and write it down."""
        with self._lock:
            now = self.of(environment)
            if kind is Kind.CONTAINER:
                now = replace(now, containers=now.containers | {object_id})
            elif kind is Kind.VOLUME:
                now = replace(now, volumes=now.volumes | {object_id})
            self._present[environment] = now
        self.write_down()

    def write_down(self) -> None:
        """Have the journal keep what it does not have yet."""
        with self._lock:
            fresh = {
                environment: present
                for environment, present in self._present.items()
                if present != self._written[environment]
            }
            self._written |= fresh
        for environment, present in fresh.items():
            self._journal.record_present(environment, present)


def refuse_unlisted(engine: Engine, before: Present, observed: ObservedState) -> None:
    """
    Return when all that was there *before*, and still is, was *observed*.

    Two networks of one name cannot be, so the engine itself refuses one that is there unlisted.

    Raises:
        ImplausibleError: It was not; nothing may follow from *observed*.
    """
    for container_id in sorted(before.containers - {each.id for each in observed.containers}):
        found = engine.inspect_container(container_id)
        if found is not None and found.state not in _LEAVING:
            raise _unlisted(f"container {container_id[:12]}")
    for name in sorted(before.volumes - {each.name for each in observed.volumes}):
        if engine.inspect_volume(name) is not None:
            raise _unlisted(f"volume {name}")


def _unlisted(what: str) -> ImplausibleError:
    return ImplausibleError(
        f"the engine lists no {what}, and yet has it; sandbox looks again before it acts"
    )

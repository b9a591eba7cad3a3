"""
What a person can ask, answered in this process: with a controller here, or without any.

What changes something is imported when it is asked for: to look is done far more often, and in a
process of its own.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError, UsageError
from sandbox.model.event import EventKind
from sandbox.runtime.at_once import at_once
from sandbox.runtime.desired import environment_names, require_environment
from sandbox.runtime.sites import find_edge
from sandbox.runtime.status import read_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.model.edge import EdgeNow
    from sandbox.model.event import Event
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus
    from sandbox.runtime.controller import Controller
    from sandbox.runtime.edge import Edge
    from sandbox.runtime.worker import Errand, Worker
    from sandbox.runtime.workspace import Workspace

FOLLOW_S = 0.1


def read_statuses(
    workspace: Workspace,
    environments: Sequence[str],
    *,
    reconciled: Sequence[str],
    brake: Callable[[str], str] = lambda _: "",
) -> tuple[EnvironmentStatus, ...]:
    """
    Look at *environments*, at all that Git and *reconciled* name when none is given.

    *brake* tells of an environment why its controller waits with a repair.

    Raises:
        NotFoundError: One of them is no environment.
    """
    names = environments or _all_names(workspace, reconciled)
    for name in environments:
        if name not in reconciled:
            require_environment(workspace.repository, name)
    find = cache(partial(find_edge, workspace))  # for all of them it is the same one
    finding = threading.Lock()

    def edge() -> EdgeNow:
        with finding:
            return find()

    def look(name: str) -> EnvironmentStatus:
        return read_status(
            workspace, name, reconciled=name in reconciled, brake=brake(name), edge=edge
        )

    return at_once(look, names)


def _all_names(workspace: Workspace, reconciled: Sequence[str]) -> list[str]:
    """Those of the commit, and those that are looked after although it has lost them."""
    try:
        return sorted({*environment_names(workspace.repository), *reconciled})
    except SandboxError:
        if not reconciled:
            raise
        return sorted(reconciled)


def follow_events(
    workspace: Workspace, *, after: int, stop: Callable[[], bool]
) -> Iterator[tuple[int, Event]]:
    """Yield what the journal gets after number *after* (0: from now on) until *stop* says so."""
    newest = workspace.journal.events(limit=1)
    last = after or (newest[-1][0] if newest else 0)
    while not stop():
        for number, event in workspace.journal.events(after=last):
            last = number
            yield number, event
        workspace.clock.sleep(FOLLOW_S)


def _sync_here(
    workspace: Workspace,
    environment: str,
    edge: Edge,
    emit: Callable[[Event], None],
    *,
    rerun: bool,
) -> SyncRecord:
    from sandbox.model.record import Trigger  # noqa: PLC0415 - see the docstring of this module
    from sandbox.runtime.meter import Meter  # noqa: PLC0415 - see the docstring of this module
    from sandbox.runtime.sync import SyncRequest, sync_environment  # noqa: PLC0415 - see the docstring of this module

    require_environment(workspace.repository, environment)
    request = SyncRequest(
        environment=environment,
        trigger=Trigger.PERSON,
        policy=replace(workspace.policy, retry_jobs=True, rerun_gates=rerun),
        emit=emit,
        stop=lambda: False,
        meter=Meter(ingress=workspace.ingress, journal=workspace.journal, clock=workspace.clock),
    )
    record = sync_environment(workspace, request)
    edge.refresh()
    return record


class LocalControl:
    """`ports.Control` without a controller: each call does its work here, under the lock."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def status(self, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """Look now."""
        return read_statuses(self._workspace, environments, reconciled=())

    def up(self, environments: Sequence[str]) -> None:
        """Nobody is here to look after anything."""
        names = " ".join(environments)
        message = "no controller runs for this repository"
        raise UsageError(message, remedy=f"start one: sandbox up {names}".rstrip())

    def sync(
        self, environment: str, on_event: Callable[[Event], None], *, rerun: bool = False
    ) -> SyncRecord:
        """Reconcile once, here."""
        from sandbox.runtime.edge import Edge  # noqa: PLC0415 - see the docstring of this module

        tell = self._teller(on_event)
        with self._workspace.lock.hold():
            edge = Edge(self._workspace, tell)
            return _sync_here(self._workspace, environment, edge, tell, rerun=rerun)

    def down(
        self, environment: str, *, volumes: bool, on_event: Callable[[Event], None]
    ) -> SyncRecord:
        """Take it down, here."""
        from sandbox.runtime.down import take_down  # noqa: PLC0415 - see the docstring of this module
        from sandbox.runtime.edge import Edge  # noqa: PLC0415 - see the docstring of this module

        tell = self._teller(on_event)
        with self._workspace.lock.hold(), Edge(self._workspace, tell).without(environment):
            return take_down(self._workspace, environment, volumes=volumes, emit=tell)

    def events(self, *, after: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Event]]:
        """Follow the journal."""
        return follow_events(self._workspace, after=after, stop=stop)

    def stop(self) -> bool:
        """There is nothing to end."""
        return False

    def _teller(self, on_event: Callable[[Event], None]) -> Callable[[Event], None]:
        def tell(event: Event) -> None:
            if event.kind is not EventKind.OUTPUT:
                self._workspace.journal.record_event(event)
            on_event(event)

        return tell


class ControllerControl:
    """`ports.Control` of the controller in this process; its workers do the work."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._workspace = controller.workspace

    def status(self, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """Look now."""
        mine = self._controller.environments
        return read_statuses(self._workspace, environments, reconciled=mine, brake=self._brake)

    def _brake(self, environment: str) -> str:
        worker = self._controller.worker(environment)
        return worker.brake if worker is not None else ""

    def up(self, environments: Sequence[str]) -> None:
        """Look after these too."""
        for environment in environments:
            require_environment(self._workspace.repository, environment)
        self._controller.take(environments)

    def sync(
        self, environment: str, on_event: Callable[[Event], None], *, rerun: bool = False
    ) -> SyncRecord:
        """Have its worker reconcile now; an environment without one is reconciled once, here."""
        from sandbox.runtime.worker import Errand  # noqa: PLC0415 - see the docstring of this module

        def here() -> SyncRecord:
            emit = self._teller(on_event)
            return _sync_here(
                self._workspace, environment, self._controller.edge, emit, rerun=rerun
            )

        errand = Errand(emit=on_event, rerun=rerun)
        return self._do(environment, self._controller.worker, errand, here)

    def down(
        self, environment: str, *, volumes: bool, on_event: Callable[[Event], None]
    ) -> SyncRecord:
        """Have its worker take it down and end."""
        from sandbox.runtime.down import take_down  # noqa: PLC0415 - see the docstring of this module
        from sandbox.runtime.worker import Errand  # noqa: PLC0415 - see the docstring of this module

        def here() -> SyncRecord:
            emit = self._teller(on_event)
            with self._controller.edge.without(environment):
                return take_down(self._workspace, environment, volumes=volumes, emit=emit)

        # Released first: no other look may bring it up again meanwhile.
        errand = Errand(emit=on_event, volumes=volumes, last=True)
        return self._do(environment, self._controller.release, errand, here)

    def _do(
        self,
        environment: str,
        find: Callable[[str], Worker | None],
        errand: Errand,
        here: Callable[[], SyncRecord],
    ) -> SyncRecord:
        """Have its worker do *errand*; without one it is done here, when nobody else is at it."""
        from sandbox.runtime.worker import TURN_S  # noqa: PLC0415 - see the docstring of this module

        turn = self._controller.turn(environment)
        while (worker := find(environment)) is None:
            if turn.acquire(timeout=TURN_S):
                try:
                    return here()
                finally:
                    turn.release()
        worker.send(errand)
        result = errand.answer.get()
        if isinstance(result, SandboxError):
            raise result
        return result

    def events(self, *, after: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Event]]:
        """Follow the journal."""
        return follow_events(self._workspace, after=after, stop=stop)

    def stop(self) -> bool:
        """End the controller."""
        self._controller.stop()
        return True

    def _teller(self, on_event: Callable[[Event], None]) -> Callable[[Event], None]:
        def tell(event: Event) -> None:
            self._controller.emit(event)
            on_event(event)

        return tell

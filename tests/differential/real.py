"""
The side on which everything is real: Git, the journal, the engine, the ingress and the time.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import docker.errors

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.bootstrap import open_workspace
from sandbox.errors import SandboxError
from sandbox.model.notification import QUIET
from sandbox.model.observed import Owner
from sandbox.model.status import Health
from sandbox.runtime.control import ControllerControl
from sandbox.runtime.controller import Controller
from tests.differential.end_state import EndState, differences, end_state
from tests.differential.side import play
from tests.engine_world import DockerHands
from tests.repositories import DiskRepository
from tests.simulation.models import BRANCHES, CommitModel
from tests.simulation.repository import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sandbox.model.event import Event
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.status import EnvironmentStatus
    from sandbox.runtime.workspace import Workspace
    from tests.simulation.schedule import Schedule

LOOK_S: Final = 0.5
CALM_S: Final = 90.0
CALM_LOOKS: Final = 2
EQUAL_S: Final = 60.0
END_S: Final = 60.0


def carry_out(schedule: Schedule, top: Path, expected: EndState, told: list[str]) -> EndState:
    """
    Give the end of *schedule* on the real engine; what the controller tells is added to *told*.

    What is as *expected* counts when the controller has nothing left to do; it gets time for that.
    """
    with real_side(top, told) as side:
        play(side, schedule)
        until = time.monotonic() + EQUAL_S
        while True:
            found = dict(side.end())
            if time.monotonic() > until:
                return found
            if not any(differences(expected, found)) and side.is_calm():
                return dict(side.end())
            side.wait(LOOK_S)


@contextmanager
def real_side(top: Path, told: list[str]) -> Iterator[RealSide]:
    """Give a side with an empty repository at *top*; nothing is left on the engine afterwards."""
    disk = DiskRepository.make(top)
    with open_workspace(str(top)) as opened, closing(DockerEngine()) as engine:
        workspace = replace(opened, edge_port=0)
        with workspace.lock.hold():
            side = RealSide(disk, workspace, engine, told)
            try:
                yield side
            finally:
                side.close()


class RealSide:
    """`Side` on a repository on disk and the engine of this machine."""

    def __init__(
        self, disk: DiskRepository, workspace: Workspace, engine: DockerEngine, told: list[str]
    ) -> None:
        self.hands = DockerHands()
        self.told = told
        self.controller = Controller(workspace, self._told)
        self._disk = disk
        self._workspace = workspace
        self._engine = engine
        self._control = ControllerControl(self.controller)
        self._thread = threading.Thread(target=self.controller.run, args=((),), daemon=True)
        self._heads: dict[str, str] = {}
        self._broken: set[str] = set()

    def begin(self, models: Mapping[str, CommitModel]) -> None:
        for environment, model in models.items():
            self._disk.write(path_of(environment), model.text(environment))
        for environment in models:
            self._move(environment, parent="")
        self._thread.start()

    def commit(self, environment: str, model: CommitModel, *, force: bool) -> None:
        path = path_of(environment)
        self._disk.git("read-tree", "--reset", "-u", self._heads[environment])
        self._disk.write(path, model.text(environment))
        self._broken = self._broken - {environment} | ({environment} if model.broken else set())
        self._move(environment, parent="" if force else self._heads[environment])

    def containers(self, environment: str) -> Sequence[ObservedContainer]:
        return self._look(environment).containers

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def await_calm(self) -> None:
        until = time.monotonic() + CALM_S
        looks = 0
        while looks < CALM_LOOKS:
            looks = looks + 1 if self.is_calm() else 0
            if time.monotonic() > until:
                self.told.append(f"not calm after {CALM_S:g} s: {self._statuses()}")
                return
            self.wait(LOOK_S)

    def is_calm(self) -> bool:
        with suppress(SandboxError):
            return all(self._has_settled(each) for each in self._statuses())
        return False

    def end(self) -> Iterator[tuple[str, str]]:
        for environment in BRANCHES:
            yield from end_state(self._look(environment), self._image_of, self._workspace.ingress)

    def close(self) -> None:
        """End the controller, and leave nothing on the engine."""
        if self._thread.is_alive():
            self.controller.stop()
            self._thread.join(END_S)
        # A process would end with its controller, and its workers with it.
        for thread in threading.enumerate():
            if thread.name in BRANCHES:
                thread.join(END_S)
        with closing(self.hands.client):
            self.hands.clean(self._workspace.repository.instance)

    def _statuses(self) -> tuple[EnvironmentStatus, ...]:
        return self._control.status((*BRANCHES,))

    def _has_settled(self, status: EnvironmentStatus) -> bool:
        if status.name in self._broken:
            return status.syncing is None
        return (
            status.syncing is None
            and not status.pending
            and status.revision == self._heads[status.name]
            and all(each.health is Health.HEALTHY for each in status.services)
            and status.reconciled
        )

    def _move(self, environment: str, *, parent: str) -> None:
        """Move the branch of *environment* to what is in the work tree."""
        self._disk.git("add", "--all")
        tree = self._disk.git("write-tree")
        before = ("-p", parent) if parent else ()
        made = self._disk.git("commit-tree", tree, *before, "-m", "change")
        self._disk.git("update-ref", f"refs/heads/{BRANCHES[environment]}", made)
        self._heads[environment] = made

    def _look(self, environment: str) -> ObservedState:
        instance = self._workspace.repository.instance
        return self._engine.observe(
            Owner(instance=instance, application="shop", environment=environment), ()
        )

    def _image_of(self, container_id: str) -> str:
        try:
            return str(self.hands.client.inspect_container(container_id)["Config"]["Image"])
        except docker.errors.NotFound:
            return "gone meanwhile"

    def _told(self, event: Event) -> None:
        if event.kind not in QUIET:
            self.told.append(f"{event.at:.2f} {event.environment}: {event.kind} {event.message}")

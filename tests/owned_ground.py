"""
An environment of ours on a fake engine, and a stranger who puts objects of theirs beside it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from sandbox.model.action import ContainerSpec
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, ObservedState
from sandbox.model.plan import Plan, SyncPolicy
from sandbox.model.service import VolumeMount
from sandbox.planning.admission import judge_of
from sandbox.planning.down import plan_down
from sandbox.planning.labels import TAG
from sandbox.planning.plan import plan_sync
from sandbox.runtime.executor import Execution
from sandbox.runtime.observe import with_proofs
from sandbox.runtime.owned_engine import OwnedEngine
from sandbox.runtime.workspace import Workspace
from tests.builders import INSTANCE, a_desired_state, a_service, an_owner
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import Behaviour, FakeContainer, FakeImage, FakeNetwork
from tests.fakes.identity import FakeIdentity
from tests.fakes.journal import FakeJournal

WEB, DB = "registry.example/web:1", "registry.example/db:1"
PROJECT = f"shop-staging-{INSTANCE[:6]}"
NETWORK, VOLUME = f"{PROJECT}_default", f"{PROJECT}_data"
FOREIGN = "foreign"

SERVICES = (
    a_service("db", mounts=[VolumeMount(volume="data", target="/data")]),
    a_service("web"),
)


class Ground:
    """
    What the tests of ownership do with the engine, as us and as a stranger.

    Attributes:
        desired: What is committed.
        machine: Whose key signs; another one is another machine.
    """

    def __init__(self, machine: str = "ours", *, legacy_before: float = 0.0) -> None:
        self.clock = FakeClock()
        self.engine = FakeEngine(images=[WEB, DB])
        self.engine.now = self.clock.now()
        self.journal = FakeJournal()
        self.desired = a_desired_state(*SERVICES)
        self.owner = an_owner()
        self.identity = FakeIdentity(INSTANCE, machine, legacy_before=legacy_before)
        self.foreign: list[str] = []
        self.restart()

    # us

    def restart(self) -> None:
        """Begin a new process: nothing is remembered but what the journal keeps."""
        self.owned = OwnedEngine(
            self.engine, journal=self.journal, identity=self.identity, clock=self.clock
        )

    def lose_journal(self) -> None:
        self.journal = FakeJournal()
        self.restart()

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.engine.now += seconds

    def look(self) -> ObservedState:
        observed = self.owned.observe(self.owner, [WEB, DB])
        return with_proofs(self.workspace, observed)

    def sync(self, desired: DesiredState | None = None) -> Plan:
        desired = desired or self.desired
        plan = plan_sync(desired, self.look(), SyncPolicy())
        self._execute(plan)
        return plan

    def down(self) -> None:
        """Take everything away, data included, twice: what was busy is gone at the second time."""
        for _ in range(2):
            self._execute(plan_down(self.look(), volumes=True))

    @property
    def workspace(self) -> Workspace:
        found = SimpleNamespace(
            engine=self.owned,
            clock=self.clock,
            journal=self.journal,
            repository=SimpleNamespace(instance=INSTANCE),
        )
        return cast("Workspace", found)

    def _execute(self, plan: Plan) -> None:
        judge = judge_of(self.desired, ObservedState(owner=self.owner), SyncPolicy())
        Execution(
            workspace=self.workspace,
            plan=plan,
            judge=judge,
            emit=lambda _: None,
            stop=lambda: False,
        ).run()

    # what is on the engine

    def container(self, service: str) -> FakeContainer:
        """Give our container of *service*."""
        return next(
            each
            for each in self.engine.containers.values()
            if each.id not in self.foreign and each.spec.service.name == service
        )

    def network(self) -> FakeNetwork:
        return next(each for each in self.engine.networks.values() if each.name == NETWORK)

    def left(self) -> list[str]:
        """Name everything on the engine that no stranger put there."""
        engine = self.engine
        return sorted(
            each
            for each in (
                *(one.name for one in engine.containers.values() if one.id not in self.foreign),
                *(one.name for one in engine.networks.values() if one.id not in self.foreign),
                *(name for name in engine.volumes if name not in self.foreign),
            )
        )

    # a stranger

    def run(
        self,
        labels: Mapping[str, str],
        *,
        name: str = FOREIGN,
        image: str = WEB,
        **settings: Any,
    ) -> FakeContainer:
        """Run a container with *labels*, past us; *settings* are fields of `FakeContainer`."""
        service = a_service("theirs")
        spec = ContainerSpec(
            name=name, service=service, replica=1, labels=dict(labels), spec_hash=""
        )
        made = FakeContainer(
            id=self.engine._new_id("container"),
            spec=spec,
            name=name,
            image_id=self.engine.images[image].id,
            probed=False,
            limits=service.limits,
            networks={},
            behaviour=Behaviour(),
            created_at=self.engine.now,
            state=ContainerState.RUNNING,
            started_at=self.engine.now,
        )
        for key, value in settings.items():
            setattr(made, key, value)
        self.engine.containers[made.id] = made
        self.foreign.append(made.id)
        return made

    def commit_and_run(self, container: FakeContainer, **settings: Any) -> FakeContainer:
        """``docker commit``, then ``docker run``: every label is inherited."""
        self.engine.images["copy:1"] = FakeImage(id="sha256:copy", labels=dict(container.labels))
        return self.run(container.labels, image="copy:1", **settings)

    def make_network(
        self, labels: Mapping[str, str], *, name: str = FOREIGN, created_at: float | None = None
    ) -> FakeNetwork:
        made = FakeNetwork(
            id=self.engine._new_id("network"),
            name=name,
            labels=dict(labels),
            subnet=f"10.77.{len(self.engine.networks)}.0/24",
            created_at=self.engine.now if created_at is None else created_at,
        )
        self.engine.networks[made.id] = made
        self.foreign.append(made.id)
        return made

    def make_volume(self, labels: Mapping[str, str], *, name: str = FOREIGN) -> None:
        self.engine.volumes[name] = dict(labels)
        self.foreign.append(name)

    def picture(self) -> dict[str, object]:
        """Everything that the stranger would see of their own objects."""
        engine = self.engine
        found: dict[str, object] = {}
        for each in self.foreign:
            if each in engine.containers:
                one = engine.containers[each]
                found[each] = copy.deepcopy((one.name, one.state, one.networks, one.files))
            elif each in engine.networks:
                found[each] = (engine.networks[each].name, engine.networks[each].subnet)
            elif each in engine.volumes:
                found[each] = dict(engine.volumes[each])
        return found


def without(labels: Mapping[str, str], *keys: str) -> dict[str, str]:
    return {key: text for key, text in labels.items() if key not in keys}


def untagged(labels: Mapping[str, str]) -> dict[str, str]:
    return without(labels, TAG)


def changed(ground: Ground) -> DesiredState:
    """Give another commit, which replaces the container of ``web``."""
    web = replace(SERVICES[1], environment={"CHANGED": "1"})
    return a_desired_state(SERVICES[0], web)


Act = Callable[[Ground], object]

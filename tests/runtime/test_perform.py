"""A step is judged once more right before the engine is asked, whatever the plan says."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.errors import HeldError
from sandbox.model.action import CreateContainer, CreateNetwork, CreateVolume, StopContainer
from sandbox.model.desired import Network
from sandbox.model.plan import Plan, Step, SyncPolicy
from sandbox.model.surroundings import Hook
from sandbox.model.waiver import Waiver, WaiverFile
from sandbox.planning.admission import judge_of
from sandbox.planning.spec import container_spec
from sandbox.runtime.perform import Performer
from sandbox.runtime.traffic import Traffic
from sandbox.runtime.workspace import Workspace
from tests.builders import INSTANCE, a_desired_state, a_service, an_observed_state
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.journal import FakeJournal

DESIRED = a_desired_state(replace(a_service(), privileged=True))
OBSERVED = an_observed_state(DESIRED)
ALLOWED = Waiver(environment="staging", name="web", key="privileged", reason="why not")


class Ground:
    def __init__(self, *waivers: Waiver) -> None:
        self.engine = FakeEngine(images=["registry.example/web:1"])
        self.said: list[str] = []
        workspace = SimpleNamespace(
            engine=self.engine,
            clock=FakeClock(),
            journal=FakeJournal(),
            repository=SimpleNamespace(instance=INSTANCE),
        )
        policy = SyncPolicy(waiver_file=WaiverFile(path="policy.yaml", waivers=waivers))
        self.performer = Performer(
            workspace=cast("Workspace", workspace),
            plan=Plan(environment="staging", revision="", release=""),
            judge=judge_of(DESIRED, OBSERVED, policy),
            emit=lambda event: self.said.append(event.message),
            stop=lambda: False,
            traffic=Traffic(workspace=cast("Workspace", workspace), stop=lambda: False),
        )

    def perform(self, *steps: Step) -> None:
        for step in steps:
            self.performer.perform(step)


def creation() -> tuple[Step, Step]:
    spec = container_spec(OBSERVED.owner, DESIRED, DESIRED.services[0], 1)
    network = CreateNetwork(
        name=spec.endpoints[0].network_name,
        network=DESIRED.networks[0],
        subnet="10.1.2.0/24",
        labels=spec.labels,
    )
    return (
        Step(id="create network default", action=network, target="network default", reason="x"),
        Step(id="create web-1", action=CreateContainer(spec=spec), target="web-1", reason="x"),
    )


def test_a_container_that_is_denied_never_reaches_the_engine() -> None:
    ground = Ground()
    network, container = creation()
    ground.perform(network)

    with pytest.raises(HeldError, match="policy denies privileged") as raised:
        ground.perform(container)

    assert "- {environment: staging, service: web, key: privileged" in raised.value.message
    assert ground.engine.containers == {}


def test_a_container_that_is_allowed_does() -> None:
    ground = Ground(ALLOWED)

    ground.perform(*creation())

    assert len(ground.engine.containers) == 1


def test_a_network_and_a_volume_that_are_denied_never_reach_the_engine() -> None:
    ground = Ground()
    lan = CreateNetwork(name="x", network=Network(key="lan", driver="macvlan"), labels={})
    disk = CreateVolume(name="x", driver="local", driver_opts={"device": "/dev/sda"}, labels={})

    for action in (lan, disk):
        with pytest.raises(HeldError, match="policy denies driver"):
            ground.perform(Step(id="create x", action=action, target="x", reason="x"))

    assert (ground.engine.networks, ground.engine.volumes) == ({}, {})


def test_a_stop_goes_on_without_the_hook_that_is_denied() -> None:
    ground = Ground(ALLOWED)
    ground.perform(*creation())
    (container,) = ground.engine.containers.values()
    ground.engine.start_container(container.id)
    hook = Hook(command=("id",), privileged=True)
    stop = StopContainer(
        container_name=container.name, container_id=container.id, grace_s=1, hooks=(hook,)
    )

    ground.perform(Step(id="stop web-1", action=stop, target="web-1", reason="x"))

    assert any("policy denies pre_stop" in line for line in ground.said)
    assert not any(call.method == "run_hook" for call in ground.engine.calls)
    assert any(call.method == "stop_container" for call in ground.engine.calls)

"""Drift is what changed since the create; what comes back after its repair is repaired slowly."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.model.event import EventKind
from sandbox.model.observed import EngineHealth
from sandbox.model.record import Outcome
from sandbox.model.service import Limits
from sandbox.model.status import EnvironmentStatus, Health
from sandbox.planning.backoff import repair_delay_s
from sandbox.planning.labels import SERVICE
from sandbox.planning.routes import INGRESS
from sandbox.runtime.status import read_status
from sandbox.runtime.worker import Worker
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import FakeContainer
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

LIMITED = f"{{db: {{image: {BASE_IMAGE}, mem_limit: 64m, mem_reservation: 32m}}}}"
WARNING = "Your kernel does not support memory limit capabilities. Limitation discarded."


class ChangingEngine(FakeEngine):
    """Changes a limit whenever a container starts, while *changes* says so."""

    changes = False

    @override
    def start_container(self, container_id: str) -> None:
        super().start_container(container_id)
        if self.changes:
            self.containers[container_id].change_limits(1)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, ChangingEngine()) as made:
        yield made


def without_memory(limits: Limits) -> Limits:
    return replace(limits, memory_bytes=0)


def container(ground: QuickGround, service: str) -> FakeContainer:
    return next(one for one in ground.engine.containers.values() if one.labels[SERVICE] == service)


def creates(ground: QuickGround) -> int:
    return sum(call.method == "create_container" for call in ground.engine.calls)


def cycles(ground: QuickGround, worker: Worker, *, number: int, every_s: float = 14.0) -> None:
    for _ in range(number):
        worker._cycle()
        ground.clock.advance(every_s)


def status(ground: QuickGround, worker: Worker) -> EnvironmentStatus:
    return read_status(ground.workspace, "staging", reconciled=True, brake=worker.brake)


def test_a_limit_that_the_engine_discards_is_no_drift_and_is_told(ground: QuickGround) -> None:
    ground.engine.makes, ground.engine.warnings = without_memory, (WARNING,)
    ground.commit(LIMITED)

    assert ground.sync().outcome is Outcome.SUCCEEDED

    said = [event.message for event in ground.told if event.kind is EventKind.OUTPUT]
    words = "the engine does not apply the memory limit: asked 64 MiB, made unlimited"
    assert [line.partition(": ")[2] for line in said] == [f"the engine warns: {WARNING}", words]
    assert ground.status().notes == (f"db: {words}", f"db: the engine warns: {WARNING}")
    calls = len(ground.engine.calls)
    for worker in (ground.worker(), ground.worker()):
        cycles(ground, worker, number=20)
    assert len(ground.engine.calls) == calls
    assert ground.status().health is Health.HEALTHY


def test_a_change_by_hand_of_what_the_engine_made_is_drift(ground: QuickGround) -> None:
    ground.engine.makes = without_memory
    ground.commit(LIMITED)
    ground.sync()
    before = container(ground, "db").id
    ground.engine.update_memory(before, 16 << 20)

    ground.sync()

    assert container(ground, "db").id != before
    assert container(ground, "db").limits.memory_bytes == 0


def test_drift_that_comes_back_is_repaired_ever_more_slowly_and_degraded(
    ground: QuickGround,
) -> None:
    ground.commit(LIMITED)
    worker = ground.worker()
    worker._cycle()
    assert isinstance(ground.engine, ChangingEngine)
    ground.engine.changes = True
    ground.engine.update_memory(container(ground, "db").id, 1)
    began = creates(ground)

    cycles(ground, worker, number=257)  # an hour

    repairs = creates(ground) - began
    print(f"{repairs} repairs in an hour of 257 looks that found drift")
    assert 7 <= repairs <= 11
    seen = status(ground, worker)
    assert seen.health is Health.DEGRADED
    assert f"came back after {repairs} repairs" in seen.message
    told = [event for event in ground.told if event.kind is EventKind.DEGRADED]
    assert 0 < len(told) < repairs, "told once for each pause"

    ground.engine.changes = False
    worker._experience.forget()
    cycles(ground, worker, number=2)
    assert status(ground, worker).health is Health.HEALTHY
    assert worker.brake == ""


def test_five_repairs_come_at_once_and_the_longest_pause_is_an_hour() -> None:
    assert [repair_delay_s(number) for number in range(4, 8)] == [0.0, 10.0, 30.0, 90.0]
    assert repair_delay_s(100) == 3600.0


def test_what_is_missing_is_made_again_at_once_however_often(ground: QuickGround) -> None:
    ground.commit(LIMITED)
    worker = ground.worker()
    worker._cycle()
    for _ in range(6):
        ground.engine.remove_by_force(container(ground, "db").id)
        worker._cycle()
        assert container(ground, "db").lives


def test_an_ingress_that_fails_its_healthcheck_and_does_as_meant_is_left_alone(
    ground: QuickGround,
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    worker = ground.worker()
    worker._cycle()
    ingress = container(ground, INGRESS)
    ingress.health = EngineHealth.UNHEALTHY
    syncs = len(ground.workspace.journal.syncs("staging"))

    cycles(ground, worker, number=4, every_s=5.0)

    assert len(ground.workspace.journal.syncs("staging")) == syncs
    ground.ingress.start(ingress.id)  # it has lost what it was told
    cycles(ground, worker, number=1)
    assert len(ground.workspace.journal.syncs("staging")) == syncs + 1


def test_an_ingress_that_was_mended_is_healthy_before_the_engine_looks_again(
    ground: QuickGround,
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    worker = ground.worker()
    worker._cycle()
    ingress = container(ground, INGRESS)
    ground.ingress.start(ingress.id)  # it has lost what it was told
    ingress.health = EngineHealth.UNHEALTHY
    assert status(ground, worker).health is Health.DEGRADED
    began = ground.clock.monotonic()

    worker._cycle()

    assert ground.clock.monotonic() == began
    assert status(ground, worker).health is Health.HEALTHY

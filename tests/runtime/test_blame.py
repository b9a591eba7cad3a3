"""What a person or the machine does in the middle of a rollout is not the commit's fault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.errors import EngineError
from sandbox.model.event import EventKind
from sandbox.model.observed import EngineHealth
from sandbox.model.record import Outcome
from sandbox.planning.routes import INGRESS
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import Behaviour, Fault
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

PROBED = f"{{image: {BASE_IMAGE}, healthcheck: {{test: [CMD, x]}}}}"


class MeddledEngine(FakeEngine):
    """Somebody does things to containers as they start: *exit_codes* end one each, then *deeds*."""

    def __init__(self) -> None:
        super().__init__()
        self.exit_codes: list[int] = []
        self.deeds: list[Callable[[str], None]] = []
        self.unhealthy_looks = 0

    @override
    def start_container(self, container_id: str) -> None:
        super().start_container(container_id)
        if self.exit_codes:
            self.containers[container_id].end(self.now, self.exit_codes.pop(0))
        elif self.deeds:
            self.deeds.pop(0)(container_id)

    @override
    def inspect_container(self, container_id: str):  # type: ignore[no-untyped-def] # noqa: ANN201
        found = self.containers.get(container_id)
        if found is not None and found.probed and found.lives:
            self.unhealthy_looks -= 1
            waiting = self.unhealthy_looks > 0
            found.health = EngineHealth.UNHEALTHY if waiting else EngineHealth.HEALTHY
        return super().inspect_container(container_id)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, MeddledEngine()) as made:
        yield made


def meddled(ground: QuickGround) -> MeddledEngine:
    assert isinstance(ground.engine, MeddledEngine)
    return ground.engine


@pytest.mark.parametrize("exit_code", [137, 143, 0])
def test_a_container_that_is_ended_while_it_starts_is_started_again(
    ground: QuickGround, exit_code: int
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    meddled(ground).exit_codes = [exit_code]

    record = ground.sync()

    assert (record.outcome, record.message) == (Outcome.SUCCEEDED, "")
    assert ground.workspace.journal.quarantined("staging") is None
    assert ground.names() == {INGRESS, "more", "web"}


@pytest.mark.parametrize("deed", ["pause", "kill", "remove_by_force"])
def test_what_a_person_does_to_a_container_that_is_awaited_is_put_right(
    ground: QuickGround, deed: str
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    ground.commit(f"{{web: {WEB}, more: {PROBED}}}", "{rollout: {deadline: 30s}}")
    meddled(ground).deeds = [getattr(ground.engine, deed)]

    record = ground.sync()

    assert (record.outcome, record.message) == (Outcome.SUCCEEDED, "")
    assert ground.names() == {INGRESS, "more", "web"}


def test_one_that_is_ended_once_after_other_trouble_is_not_the_commit_s_fault(
    ground: QuickGround,
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    remove, stop = ground.engine.remove_by_force, lambda id_: ground.engine.stop_container(id_, 0.0)
    meddled(ground).deeds = [remove, remove, stop]

    record = ground.sync()

    assert record.outcome is Outcome.ERRORED
    assert ground.workspace.journal.quarantined("staging") is None


@pytest.mark.parametrize(
    ("exit_codes", "said"),
    [
        ([137, 1], "exit code 1"),
        ([137, 143, 130], "3 times in a row"),
        ([0, 1], "exit code 1"),
        ([0, 0, 0], "ended with exit code 0, 3 times in a row"),
    ],
)
def test_one_that_fails_again_by_itself_is_the_commit_s_fault(
    ground: QuickGround, exit_codes: list[int], said: str
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    bad = ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    meddled(ground).exit_codes = exit_codes

    record = ground.sync()

    assert record.outcome is Outcome.FAILED
    assert said in record.message
    quarantine = ground.workspace.journal.quarantined("staging")
    assert quarantine is not None
    assert quarantine.revision == bad
    # The remedy stands once: in the event with the message, and in the status as the next step.
    told = next(each for each in ground.told if each.kind is EventKind.DEGRADED)
    status = ground.status()
    assert record.remedy.endswith("commit a fix")
    assert record.remedy in told.message
    assert f"{status.message} {status.next_step}".count("commit a fix") == 1
    assert status.next_step.endswith("or try it again: sandbox sync staging --rerun")


def test_a_job_that_is_killed_is_not_started_again_and_nobody_s_fault(ground: QuickGround) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    job = "depends_on: {job: {condition: service_completed_successfully}}"
    web = WEB.replace("image:", f"{job}, image:", 1)
    ground.commit(f"{{web: {web}, job: {{image: {BASE_IMAGE}}}}}")
    meddled(ground).exit_codes = [137]

    record = ground.sync()

    assert record.outcome is Outcome.ERRORED
    assert "was ended from outside, with exit code 137" in record.message
    assert ground.workspace.journal.quarantined("staging") is None
    started = [call for call in ground.engine.calls if call.method == "start_container"]
    assert len(started) == len({call.target for call in started})


def test_slow_is_not_broken_until_the_deadline(ground: QuickGround) -> None:
    ground.commit(f"{{web: {PROBED}}}")
    meddled(ground).unhealthy_looks = 20

    assert ground.sync().outcome is Outcome.SUCCEEDED


def test_what_is_never_healthy_ends_by_the_deadline(ground: QuickGround) -> None:
    ground.commit(f"{{web: {PROBED}}}", "{rollout: {deadline: 30s}}")
    meddled(ground).unhealthy_looks = 100_000
    began = ground.clock.monotonic()

    record = ground.sync()

    assert record.outcome is Outcome.FAILED
    assert "did not become ready within 30 s" in record.message
    assert 30 <= ground.clock.monotonic() - began < 40


def test_an_ingress_that_does_not_come_up_is_not_the_commit_s_fault(ground: QuickGround) -> None:
    ground.commit(f"{{more: {{image: {BASE_IMAGE}}}}}")
    ground.sync()
    ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    ground.engine.behaviours[INGRESS] = Behaviour(exit_code=1)

    record = ground.sync()

    assert record.outcome is Outcome.ERRORED
    assert "ingress" in record.message
    assert ground.workspace.journal.quarantined("staging") is None


@pytest.mark.parametrize("method", ["create_container", "start_container", "create_network"])
def test_what_the_engine_refuses_for_the_moment_is_asked_again(
    ground: QuickGround, method: str
) -> None:
    busy = EngineError("cannot: it is in another state", temporary=True)
    ground.commit(f"{{web: {WEB}}}")
    ground.engine.faults = [Fault(error=busy, method=method)]

    assert ground.sync().outcome is Outcome.SUCCEEDED

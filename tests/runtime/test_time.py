"""Whoever sets the clock changes no duration, no order, no deadline and no back-off."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.errors import DeadlineError
from sandbox.model.action import AwaitContainer, StartContainer
from sandbox.model.event import EventKind
from sandbox.model.past import Deed
from sandbox.model.plan import Plan, Step, SyncPolicy
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.service import Condition
from sandbox.runtime.duration import Moment
from sandbox.runtime.experience import Experience
from sandbox.runtime.history import past_deeds
from sandbox.runtime.readiness import SETTLE_S, await_container
from tests.fakes.clock import FakeClock
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

HOUR_S = 3600.0
JUMPS: dict[str, Callable[[], Iterator[float]]] = {
    "back": lambda: itertools.repeat(-HOUR_S),
    "forward": lambda: itertools.repeat(HOUR_S),
    "back and forward": lambda: itertools.cycle((-HOUR_S, HOUR_S, HOUR_S, -HOUR_S)),
}


class SetClock(FakeClock):
    """Somebody sets it each time before it is read."""

    def __init__(self, jumps: Iterator[float]) -> None:
        super().__init__()
        self._jumps = jumps

    @override
    def now(self) -> float:
        self.jump(next(self._jumps))
        return super().now()


@pytest.fixture(params=sorted(JUMPS))
def clock(request: pytest.FixtureRequest) -> SetClock:
    return SetClock(JUMPS[request.param]())


@pytest.fixture
def ground(tmp_path: Path, clock: SetClock) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, clock=clock) as made:
        yield made


def test_syncs_take_the_seconds_that_they_take_and_stand_in_their_order(
    ground: QuickGround, clock: SetClock
) -> None:
    records: list[SyncRecord] = []
    for number in range(3):
        ground.commit(f"{{web: {WEB}, other: {{image: {BASE_IMAGE}, command: [x{number}]}}}}")
        began = clock.monotonic()
        record = ground.sync()
        records.append(record)
        assert record.outcome is Outcome.SUCCEEDED
        took_s = record.finished_at - record.started_at
        assert 0 <= took_s <= clock.monotonic() - began + 1e-6
        ended = [each for each in ground.told if each.kind is EventKind.SYNCED][-1]
        assert ended.seconds == pytest.approx(took_s)
        stages = record.receipt.stages if record.receipt else None
        assert stages is not None
        assert 0 <= (stages.loaded or 0.0) < HOUR_S / 2
        assert all(0 <= step.seconds < HOUR_S / 2 for step in record.steps)

    deeds = past_deeds(ground.workspace, "staging", limit=20)
    syncs = [each.record.id for each in deeds if each.record is not None]
    assert syncs == [each.id for each in reversed(records)]
    assert {each.deed for each in deeds if each.record} == {Deed.SYNC}


def a_step(name: str) -> Step:
    action = StartContainer(container_name=name)
    return Step(id=f"start {name}", action=action, target=name, reason="x", service_name=name)


def test_back_off_grows_and_ends_as_with_a_clock_that_nobody_sets(clock: SetClock) -> None:
    experience, step = Experience(clock=clock), a_step("web-1")
    plan = Plan(environment="staging", revision="a" * 40, release="", steps=(step,))
    waits: list[float] = []
    for _ in range(5):
        done = StepRecord(step_id=step.id, reason="x", outcome=Outcome.SUCCEEDED, seconds=0.0)
        now = clock.now()
        record = SyncRecord(
            environment="staging",
            revision="a" * 40,
            trigger=Trigger.DRIFT,
            started_at=now,
            finished_at=now,
            outcome=Outcome.SUCCEEDED,
            steps=(done,),
        )
        experience.learn(plan, Trigger.DRIFT, record)
        waits.append(experience.policy(SyncPolicy()).backing_off.get("web-1", 0.0))
    assert waits == [0.0, 1.0, 2.0, 4.0, 8.0]
    clock.advance(7.9)
    assert experience.policy(SyncPolicy()).backing_off
    clock.advance(0.2)
    assert not experience.policy(SyncPolicy()).backing_off


def test_a_container_without_a_healthcheck_is_believed_after_a_moment(
    ground: QuickGround, clock: SetClock
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    container = next(iter(ground.engine.containers.values()))
    container.started_at = 1_800_000_000.0
    action = AwaitContainer(container_name="web", until=Condition.STARTED, deadline_s=5.0)
    began = clock.monotonic()

    await_container(ground.workspace, container.id, action, lambda: False)

    assert SETTLE_S <= clock.monotonic() - began < 1.0


def test_a_deadline_is_over_when_it_is_over(ground: QuickGround, clock: SetClock) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    container = next(iter(ground.engine.containers.values()))
    action = AwaitContainer(container_name="web", until=Condition.COMPLETED, deadline_s=5.0)
    began = clock.monotonic()

    with pytest.raises(DeadlineError):
        await_container(ground.workspace, container.id, action, lambda: False)

    assert 5.0 <= clock.monotonic() - began < 6.0


def test_a_moment_measures_what_passed(clock: SetClock) -> None:
    began = Moment.now(clock)
    clock.advance(12.5)
    assert began.later(clock) - began.at == pytest.approx(12.5)

"""What failed or crashed before bears on what is tried next, until a change or a person."""

from sandbox.model.action import BuildImage, StartContainer
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Plan, Step, SyncPolicy
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.planning.admission import judge_of
from sandbox.runtime.experience import CRASHES_MAX, Experience
from sandbox.runtime.sync import Look
from tests.builders import (
    a_build,
    a_container,
    a_desired_state,
    a_service,
    an_observed_state,
)
from tests.fakes.clock import FakeClock

START = Step(
    id="start web-1",
    action=StartContainer(container_name="web"),
    target="web-1",
    reason="exited with code 1",
    service_name="web",
)
BUILD = Step(
    id="build image web",
    action=BuildImage(build=a_build(), release="f" * 40, tags=("shop/web:1",)),
    target="image web",
    reason="x",
)


def a_record(
    clock: FakeClock, step: Step, outcome: Outcome = Outcome.SUCCEEDED, message: str = ""
) -> SyncRecord:
    done = StepRecord(
        step_id=step.id, reason=step.reason, outcome=outcome, seconds=0.1, message=message
    )
    return SyncRecord(
        environment="staging",
        revision="a" * 40,
        trigger=Trigger.DRIFT,
        started_at=clock.now(),
        finished_at=clock.now(),
        outcome=outcome,
        steps=(done,),
    )


def a_plan_of(step: Step) -> Plan:
    return Plan(environment="staging", revision="a" * 40, release="", steps=(step,))


def a_look_at_a_crash() -> Look:
    desired = a_desired_state(a_service("web"))
    crashed = a_container(desired, desired.services[0], state=ContainerState.EXITED, exit_code=1)
    observed = an_observed_state(desired, crashed)
    return Look(
        desired=desired,
        observed=observed,
        plan=a_plan_of(START),
        judge=judge_of(desired, observed, SyncPolicy()),
        began_at=0.0,
        seconds=0.0,
    )


def test_restarts_wait_longer_and_longer() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    experience.learn(a_plan_of(START), Trigger.COMMIT, a_record(clock, START))
    assert not experience.policy(SyncPolicy()).backing_off
    waits: list[float] = []
    for _ in range(4):
        experience.learn(a_plan_of(START), Trigger.DRIFT, a_record(clock, START))
        waits.append(experience.policy(SyncPolicy()).backing_off.get("web-1", 0.0))
    assert waits == [1.0, 2.0, 4.0, 8.0]
    clock.advance(8.0)
    assert not experience.policy(SyncPolicy()).backing_off


def test_starts_of_the_process_before_count_and_those_before_a_change_do_not() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    steps = [("start web-1", 1.0), ("start web-1", 0.0), ("start db-1", 0.0)]
    experience.recall((step_id, clock.now() - ago_s) for step_id, ago_s in steps)
    experience.begin_change()

    experience.learn(a_plan_of(START), Trigger.COMMIT, a_record(clock, START))

    assert experience.policy(SyncPolicy()).backing_off == {"web-1": 2.0}
    experience.recall([("create web-1", clock.now()), ("start web-1", clock.now())])
    assert not experience.policy(SyncPolicy()).backing_off


def test_a_failure_is_tried_again_later_each_time_and_success_ends_that() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    failed = a_record(clock, START, Outcome.FAILED)
    waits: list[float] = []
    for _ in range(3):
        experience.learn(a_plan_of(START), Trigger.RETRY, failed)
        waits.append(experience.wait_s())
    assert waits == [1.0, 2.0, 4.0]
    experience.learn(a_plan_of(START), Trigger.RETRY, a_record(clock, START, Outcome.ABORTED))
    assert experience.failures == len(waits)
    experience.learn(a_plan_of(START), Trigger.RETRY, a_record(clock, START))
    assert experience.failures == 0


def test_an_image_that_could_not_be_built_is_known_until_it_is_forgotten() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    failed = a_record(clock, BUILD, Outcome.FAILED, "no such package")
    experience.learn(a_plan_of(BUILD), Trigger.COMMIT, failed)
    assert experience.policy(SyncPolicy()).broken_images == {"shop/web:1": "no such package"}
    experience.forget()
    assert not experience.policy(SyncPolicy()).broken_images


def test_a_service_that_crashes_again_and_again_soon_after_a_change_is_named() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    experience.learn(a_plan_of(START), Trigger.COMMIT, a_record(clock, START))
    seen = a_look_at_a_crash()
    said = [experience.crash_loop(seen) for _ in range(CRASHES_MAX)]
    assert said == ["", "", "web crashed 3 times after it was ready"]


def test_crashes_long_after_a_change_do_not_speak_against_it() -> None:
    clock = FakeClock()
    experience = Experience(clock=clock)
    experience.learn(a_plan_of(START), Trigger.COMMIT, a_record(clock, START))
    seen = a_look_at_a_crash()
    clock.advance(seen.desired.settings.rollout.deadline_s + 1.0)
    said = [experience.crash_loop(seen) for _ in range(CRASHES_MAX + 1)]
    assert not any(said)

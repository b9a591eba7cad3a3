"""
How far a run is, told from its record alone.
"""

from dataclasses import replace

import pytest

from sandbox.delivery.pipeline import (
    begin_run,
    deployed_before,
    log_line,
    next_stage,
    run_status,
    status_of,
    untested_images,
    with_stage,
    without_process,
)
from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    HeldError,
    SandboxError,
)
from sandbox.model.event import Event, EventKind
from sandbox.model.pipeline import PipelineRun, Stage, StageKind, StageStatus
from tests.builders import NOW, REVISION, a_build, a_desired_state, a_service

STAGES = (
    Stage(name="build", kind=StageKind.BUILD, environments=("staging", "production")),
    Stage(name="stage", kind=StageKind.DEPLOY, environments=("staging",)),
    Stage(name="ask", kind=StageKind.APPROVE),
    Stage(name="live", kind=StageKind.RELEASE, environments=("production",)),
)
OK = StageStatus.SUCCEEDED


def a_run(*statuses: StageStatus) -> PipelineRun:
    run = begin_run(STAGES, REVISION, "ada", NOW)
    for index, status in enumerate(statuses):
        run = with_stage(run, index, replace(run.stages[index], status=status))
    return run


@pytest.mark.parametrize(
    ("statuses", "index", "status"),
    [
        ((), 0, StageStatus.PENDING),
        ((OK,), 1, StageStatus.PENDING),
        ((OK, StageStatus.FAILED), 1, StageStatus.FAILED),
        ((OK, OK, StageStatus.WAITING), 2, StageStatus.WAITING),
        ((StageStatus.ABORTED, OK), 0, StageStatus.ABORTED),
        ((OK, OK, OK, OK), None, OK),
    ],
)
def test_a_run_goes_on_at_the_first_stage_that_did_not_end_well(
    statuses: tuple[StageStatus, ...], index: int | None, status: StageStatus
) -> None:
    run = a_run(*statuses)
    assert (next_stage(run), run_status(run)) == (index, status)


def test_what_ran_without_a_process_was_ended_and_what_waits_still_waits() -> None:
    ended = without_process(a_run(OK, StageStatus.RUNNING))
    assert run_status(ended) is StageStatus.ABORTED
    assert ended.stages[1].message == "its process ended in the middle"
    for run in (a_run(OK, OK, StageStatus.WAITING), a_run(StageStatus.FAILED), a_run(*[OK] * 4)):
        assert without_process(run) == run


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (HeldError("no"), StageStatus.FAILED),
        (SandboxError("no"), StageStatus.FAILED),
        (EngineError("no"), StageStatus.FAILED),
        (EngineError("later", temporary=True), StageStatus.ERRORED),
        (EngineUnreachableError("away"), StageStatus.ERRORED),
        (CancelledError("ended"), StageStatus.ABORTED),
    ],
)
def test_a_fault_of_the_machine_is_told_from_one_of_the_commit(
    error: SandboxError, status: StageStatus
) -> None:
    assert status_of(error) is status


def test_only_what_earlier_stages_deployed_counts_as_tested() -> None:
    run = a_run()
    assert [deployed_before(run, index) for index in range(5)] == [
        (),
        (),
        ("staging",),
        ("staging",),
        ("staging", "production"),
    ]


def test_an_image_that_was_built_but_never_deployed_is_untested() -> None:
    built = a_build()
    web, other = (a_service("web", image=f"shop/web:{tag}", build=built) for tag in ("1", "2"))
    pulled = a_service("db", image="postgres:17")
    staging = a_desired_state(web, environment="staging")
    assert untested_images(a_desired_state(web, pulled), [staging]) == ()
    assert untested_images(a_desired_state(other, pulled), [staging]) == ("shop/web:2",)
    assert untested_images(a_desired_state(web), []) == ("shop/web:1",)


def test_output_goes_to_the_log_as_it_came_and_a_step_with_its_time() -> None:
    event = Event(at=NOW, environment="staging", kind=EventKind.OUTPUT, message="  1 passed")
    assert log_line(event) == "  1 passed"
    step = replace(
        event, kind=EventKind.STEP_FAILED, step_id="start web-1", message="no", seconds=1.25
    )
    assert log_line(step) == "failed: start web-1: no (1.2 s)"

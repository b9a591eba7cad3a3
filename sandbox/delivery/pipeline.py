"""How far a run of the pipeline is, and what comes next: functions of its record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.errors import CancelledError, EngineError
from sandbox.model.event import EventKind
from sandbox.model.pipeline import PipelineRun, Stage, StageKind, StageRecord, StageStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.errors import SandboxError
    from sandbox.model.desired import DesiredState
    from sandbox.model.event import Event


def begin_run(stages: Sequence[Stage], revision: str, author: str, now: float) -> PipelineRun:
    """Make the record of a run in which nothing has happened yet."""
    records = tuple(StageRecord(stage=stage) for stage in stages)
    return PipelineRun(revision=revision, author=author, started_at=now, stages=records)


def next_stage(run: PipelineRun) -> int | None:
    """Give the index of the first stage that has not ended well; ``None`` when all have."""
    left = (i for i, each in enumerate(run.stages) if each.status is not StageStatus.SUCCEEDED)
    return next(left, None)


def run_status(run: PipelineRun) -> StageStatus:
    """Tell how far the whole run is: as far as the stage that it is at."""
    at = next_stage(run)
    return StageStatus.SUCCEEDED if at is None else run.stages[at].status


def with_stage(run: PipelineRun, index: int, record: StageRecord) -> PipelineRun:
    """Replace one stage of the record."""
    return replace(run, stages=(*run.stages[:index], record, *run.stages[index + 1 :]))


def without_process(run: PipelineRun) -> PipelineRun:
    """Correct the record of a run that no process works on: what was running was ended."""
    at = next_stage(run)
    if at is None or run.stages[at].status is not StageStatus.RUNNING:
        return run
    message = "its process ended in the middle"
    return with_stage(run, at, replace(run.stages[at], status=StageStatus.ABORTED, message=message))


def status_of(error: SandboxError) -> StageStatus:
    """Tell how a stage ended that raised *error*."""
    if isinstance(error, CancelledError):
        return StageStatus.ABORTED
    technical = isinstance(error, EngineError) and error.temporary
    return StageStatus.ERRORED if technical else StageStatus.FAILED


def untested_images(desired: DesiredState, deployed: Iterable[DesiredState]) -> tuple[str, ...]:
    """
    Give the images that *desired* is built from and that none of *deployed* ran, sorted.

    Images are named by content, so one name is one content.
    """
    tested = {service.image for state in deployed for service in state.services}
    built = {service.image for service in desired.services if service.build is not None}
    return tuple(sorted(built - tested))


def deployed_before(run: PipelineRun, index: int) -> tuple[str, ...]:
    """Give the environments that stages before *index* deployed to, in their order."""
    kinds = {StageKind.DEPLOY, StageKind.RELEASE}
    stages = [each.stage for each in run.stages[:index]]
    return tuple(name for stage in stages if stage.kind in kinds for name in stage.environments)


def log_line(event: Event) -> str:
    """Write *event* for the log of a stage; output as it came."""
    if event.kind is EventKind.OUTPUT:
        return event.message
    sign = {EventKind.STEP_FAILED: "failed: ", EventKind.STEP_ENDED: "done: "}.get(event.kind, "")
    step = f"{event.step_id}: " if event.step_id else ""
    took = "" if event.seconds is None else f" ({event.seconds:.1f} s)"
    return f"{sign}{step}{event.message}{took}"

"""
Run the committed pipeline for one commit, stage after stage; nobody reconciles afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.compose.pipeline import PIPELINE, read_pipeline
from sandbox.delivery.pipeline import (
    begin_run,
    deployed_before,
    log_line,
    next_stage,
    status_of,
    with_stage,
    without_process,
)
from sandbox.errors import CancelledError, HeldError, NotFoundError, SandboxError, one_line
from sandbox.model.event import EventKind
from sandbox.model.pipeline import StageKind, StageStatus
from sandbox.runtime.desired import ref_commit
from sandbox.runtime.person import person
from sandbox.runtime.stages import StageWork
from sandbox.runtime.whereabouts import environments_at, home_commit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.event import Event
    from sandbox.model.pipeline import PipelineRun, Stage
    from sandbox.runtime.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """
    What a person asks of the pipeline.

    Attributes:
        revision: Commit, tag or branch; empty is the branch that says which environments there are.
        resume: Number of the run to go on with, instead of *revision*; 0 begins a new one.
        approve: Yes to whatever stage waits for a person.
        on_change: Told the record whenever it changes.
        emit: Told what happens within a stage.
        stop: When it says so, the run ends early and can be resumed.
    """

    revision: str = ""
    resume: int = 0
    approve: bool = False
    on_change: Callable[[PipelineRun], None]
    emit: Callable[[Event], None]
    stop: Callable[[], bool]


def run_pipeline(workspace: Workspace, request: RunRequest) -> PipelineRun:
    """
    Run the stages that are left, until one does not end well.

    Raises:
        HeldError: A controller looks after these environments, or a person has to approve.
        NotFoundError: There is no such revision, run or file.
        InvalidComposeError: The file of the pipeline is wrong.
        SandboxError: Why a stage did not end well; the record tells it too.
    """
    run = _resumed(workspace, request.resume) if request.resume else _begun(workspace, request)
    _refuse_rivals(workspace, run)
    with workspace.lock.hold():
        # Read again: until the lock was held, another process may have gone on with it.
        run = _resumed(workspace, run.number) if run.number else workspace.runs.add(run)
        request.on_change(run)
        index = next_stage(run)
        while index is not None:
            run = _run_stage(workspace, request, run, index)
            index = next_stage(run)
    return run


def read_run(workspace: Workspace, number: int) -> PipelineRun:
    """
    Give the record of one run, as it stands now.

    Raises:
        NotFoundError: There is none of this number.
    """
    run = workspace.runs.read(number)
    if run is None:
        message = f"there is no pipeline run {number}"
        raise NotFoundError(message, remedy="see: sandbox pipeline list")
    return run if workspace.lock.holder() else without_process(run)


def read_runs(workspace: Workspace, *, limit: int) -> tuple[PipelineRun, ...]:
    """Give the newest runs as they stand now, newest first."""
    runs = workspace.runs.newest(limit)
    return runs if workspace.lock.holder() else tuple(map(without_process, runs))


def read_stage_log(workspace: Workspace, run: PipelineRun, stage_name: str) -> str:
    """
    Give the log of a stage.

    Raises:
        NotFoundError: *run* has no such stage.
    """
    names = [each.stage.name for each in run.stages]
    if stage_name not in names:
        message = f"run {run.number} has no stage {stage_name!r}"
        raise NotFoundError(message, remedy=f"there are: {', '.join(names)}")
    return workspace.runs.read_log(run.number, names.index(stage_name))


def _begun(workspace: Workspace, request: RunRequest) -> PipelineRun:
    repository = workspace.repository
    commit = ref_commit(repository, request.revision or home_commit(repository))
    content = repository.read_file(commit, PIPELINE)
    if content is None:
        message = f"{PIPELINE} is not in {commit[:7]}"
        raise NotFoundError(
            message,
            remedy="write and commit it, such as: stages: [{build: staging}, {deploy: staging}]",
        )
    names = environments_at(repository, commit)
    stages = read_pipeline(content, names)
    return begin_run(stages, commit, person(), workspace.clock.now())


def _resumed(workspace: Workspace, number: int) -> PipelineRun:
    return without_process(read_run(workspace, number))


def _refuse_rivals(workspace: Workspace, run: PipelineRun) -> None:
    """Refuse where a controller would take back what is pushed."""
    holder = workspace.lock.holder()
    if holder is None:
        return
    names = sorted({name for each in run.stages for name in each.stage.environments})
    kept = [each.name for each in workspace.control().status(names) if each.reconciled]
    if kept:
        message = (
            f"a controller keeps {' and '.join(kept)} as its branch says,"
            f" and would take back what a pipeline pushes: {holder}"
        )
        remedy = (
            "end the controller (containers keep running): sandbox stop;"
            " or deliver by a commit: sandbox promote ENV"
        )
        raise HeldError(message, remedy=remedy)


def _run_stage(
    workspace: Workspace, request: RunRequest, run: PipelineRun, index: int
) -> PipelineRun:
    """Run one stage, and keep how it ended; raise why it did not end well."""
    record = run.stages[index]
    began, clock_began = workspace.clock.now(), workspace.clock.monotonic()
    record = replace(record, started_at=began, seconds=0.0, message="")

    def kept(status: StageStatus, message: str = "", approved_by: str = "") -> PipelineRun:
        seconds = (
            workspace.clock.monotonic() - clock_began if status is not StageStatus.RUNNING else 0.0
        )
        ended = replace(
            record, status=status, message=message, seconds=seconds, approved_by=approved_by
        )
        changed = with_stage(run, index, ended)
        workspace.runs.write(changed)
        request.on_change(changed)
        return changed

    if record.stage.kind is StageKind.APPROVE:
        if request.approve:
            return kept(StageStatus.SUCCEEDED, approved_by=person())
        kept(StageStatus.WAITING, record.stage.question)
        raise _unapproved(run, record.stage)
    kept(StageStatus.RUNNING)
    try:
        if request.stop():
            raise CancelledError("ended by a person")
        message = _perform(workspace, request, run, index)
    except SandboxError as error:
        with suppress(SandboxError):
            workspace.runs.append_log(run.number, index, one_line(error))
        kept(status_of(error), error.message)
        raise
    return kept(StageStatus.SUCCEEDED, message)


def _perform(workspace: Workspace, request: RunRequest, run: PipelineRun, index: int) -> str:
    def tell(event: Event) -> None:
        if event.kind is not EventKind.STEP_BEGAN:
            with suppress(SandboxError):  # a log that cannot be written ends no step
                workspace.runs.append_log(run.number, index, log_line(event))
        if event.kind is not EventKind.OUTPUT:
            workspace.journal.record_event(event)
        request.emit(event)

    work = StageWork(workspace=workspace, revision=run.revision, emit=tell, stop=request.stop)
    return work.perform(run.stages[index].stage, deployed_before(run, index))


def _unapproved(run: PipelineRun, stage: Stage) -> HeldError:
    question = f" ({stage.question})" if stage.question else ""
    return HeldError(
        f"run {run.number} waits for approval{question}",
        remedy=f"sandbox pipeline run --resume {run.number} --approve",
    )

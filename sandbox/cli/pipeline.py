"""
`pipeline`: the other way of delivering; push a commit through its stages, and leave it alone.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import command, group
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation
from sandbox.cli.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cli.pipeline_view import PipelineView
    from sandbox.errors import SandboxError
    from sandbox.model.pipeline import PipelineRun
    from sandbox.runtime.pipeline import RunRequest
    from sandbox.runtime.workspace import Workspace

TIMEOUT_S = 1800.0
LIMIT = 20
_LOOK_S = 0.1
_END_S = 8.0
"""How long a stage may take to end safely once a person ends it."""

pipeline = group("pipeline")
Number = Annotated[
    int, typer.Argument(metavar="N", help="Number of the run.", parser=whole_number(1))
]


@command("run", of=pipeline)
def run(
    invocation: Invocation,
    revision: Annotated[
        str,
        typer.Argument(
            metavar="REV", help="Commit, tag or branch; main by default.", show_default=False
        ),
    ] = "",
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve the stages that wait for approval.")
    ] = False,
    resume: Annotated[
        int,
        typer.Option(
            "--resume",
            metavar="N",
            parser=whole_number(0),
            help="Go on with run N where it ended.",
            show_default=False,
        ),
    ] = 0,
) -> None:
    """
    Run the stages for REV until one does not end well.

    Afterwards nothing repairs the environments; a controller, started by `up`, does.
    """
    from sandbox.cli.opened import opened
    from sandbox.cli.pipeline_view import PipelineView
    from sandbox.errors import SandboxError, UsageError
    from sandbox.render.pipeline import run_text

    if revision and resume:
        remedy = "a run keeps its commit: leave REV out, or begin a new run without --resume"
        raise UsageError("REV and --resume exclude each other", remedy=remedy)
    with opened(invocation) as workspace:
        view = PipelineView(invocation)
        failure: SandboxError | None = None
        try:
            _follow(invocation, workspace, view, revision=revision, approve=approve, resume=resume)
        except SandboxError as error:
            failure = error
        finally:
            view.close()
            if view.run is not None and not invocation.json:
                subject = _subject(workspace, view.run)
                invocation.show(run_text(view.run, subject, style=invocation.style))
        if view.run is not None and invocation.json:
            _show_json(invocation, view.run, _subject(workspace, view.run), failure)
    if failure is not None:
        raise failure


@command("list", of=pipeline)
def list_runs(
    invocation: Invocation,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", parser=whole_number(1), help="Show the newest N.")
    ] = LIMIT,
) -> None:
    """
    List the runs, newest first.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.pipeline import run_json, runs_text
    from sandbox.runtime.pipeline import read_runs

    with opened(invocation) as workspace:
        runs = [(each, _subject(workspace, each)) for each in read_runs(workspace, limit=limit)]
    if invocation.json:
        invocation.show_json({"pipelines": [run_json(*each) for each in runs]})
    else:
        invocation.show(runs_text(runs, style=invocation.style))


@command("show", of=pipeline)
def show(
    invocation: Invocation,
    number: Number,
    logs: Annotated[
        str,
        typer.Option("--logs", metavar="STAGE", help="Print the log of this stage instead."),
    ] = "",
) -> None:
    """
    Show run N: its stages and how each ended.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.pipeline import run_json, run_text
    from sandbox.render.text import clean_log
    from sandbox.runtime.pipeline import read_run, read_stage_log

    with opened(invocation) as workspace:
        found = read_run(workspace, number)
        log = read_stage_log(workspace, found, logs).splitlines() if logs else []
        about = (found, _subject(workspace, found))
    if invocation.json:
        more = {"log": log} if logs else {}
        invocation.show_json({"pipeline": run_json(*about), **more})
    elif logs:
        for line in log:
            invocation.show(clean_log(line))
    else:
        invocation.show(run_text(*about, style=invocation.style))


def _show_json(
    invocation: Invocation, ended: PipelineRun, subject: str, failure: SandboxError | None
) -> None:
    """
    Print the record, with the error of the stage that failed beside it; ends the command then.
    """
    from sandbox.render import documents
    from sandbox.render.pipeline import run_json

    why = {} if failure is None else documents.failure(failure)
    invocation.show_json({"pipeline": run_json(ended, subject), **why})
    if failure is not None:
        raise Ended(failure.exit_status)


def _subject(workspace: Workspace, found: PipelineRun) -> str:
    from sandbox.errors import SandboxError

    with suppress(SandboxError):
        return workspace.repository.commit_info(found.revision).subject
    return ""


def _follow(
    invocation: Invocation,
    workspace: Workspace,
    view: PipelineView,
    *,
    revision: str,
    approve: bool,
    resume: int,
) -> None:
    """
    Work in a thread of its own; this one shows, and ends the work in time or when interrupted.
    """
    from sandbox.runtime.pipeline import RunRequest

    ended, inbox = threading.Event(), SimpleQueue[object]()
    request = RunRequest(
        revision=revision,
        approve=approve,
        resume=resume,
        on_change=inbox.put,
        emit=inbox.put,
        stop=ended.is_set,
    )
    thread = threading.Thread(target=_run, args=(workspace, request, inbox.put), daemon=True)
    timeout_s = invocation.deadline_s(TIMEOUT_S)
    deadline = workspace.clock.monotonic() + timeout_s
    thread.start()
    try:
        while not _show(view, inbox):
            view.tick(workspace.clock.now())
            _require_time(view, deadline - workspace.clock.monotonic(), timeout_s)
    except BaseException:
        ended.set()
        thread.join(_END_S)
        with suppress(Exception):
            _show(view, inbox)
        raise


def _require_time(view: PipelineView, left_s: float, timeout_s: float) -> None:
    from sandbox.errors import DeadlineError

    if left_s > 0:
        return
    number = view.run.number if view.run else "N"
    raise DeadlineError(
        f"the pipeline has not ended after {timeout_s:g} s",
        remedy=f"go on with: sandbox pipeline run --resume {number}; allow more with --timeout",
    )


def _run(workspace: Workspace, request: RunRequest, tell: Callable[[object], None]) -> None:
    from sandbox.runtime.pipeline import run_pipeline

    try:
        run_pipeline(workspace, request)
    except BaseException as error:  # noqa: BLE001 - it is raised again where people look
        tell(error)
    else:
        tell(None)


def _show(view: PipelineView, inbox: SimpleQueue[object]) -> bool:
    """
    Show what has arrived; true when the work has ended, and its error is raised.
    """
    from sandbox.model.event import Event
    from sandbox.model.pipeline import PipelineRun

    with suppress(Empty):
        item = inbox.get(timeout=_LOOK_S)
        while True:
            match item:
                case PipelineRun():
                    view.change(item)
                case Event():
                    view.event(item)
                case BaseException():
                    raise item
                case _:
                    return True
            item = inbox.get_nowait()
    return False

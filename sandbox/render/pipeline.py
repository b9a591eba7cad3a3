"""
Runs of the pipeline: stages as lines, and as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.delivery.pipeline import run_status
from sandbox.model.pipeline import StageKind, StageStatus
from sandbox.render.progress import progress_lines
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, day_and_time, duration, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from sandbox.model.pipeline import PipelineRun, StageRecord
    from sandbox.model.syncing import Syncing
    from sandbox.render.documents import Json

STAGE_SIGNS: Mapping[StageStatus, tuple[str, str]] = {
    StageStatus.PENDING: ("○", "dim"),
    StageStatus.RUNNING: ("◐", "cyan"),
    StageStatus.WAITING: ("‖", "yellow"),
    StageStatus.SUCCEEDED: ("●", "green"),
    StageStatus.FAILED: ("✗", "red"),
    StageStatus.ERRORED: ("✗", "red"),
    StageStatus.ABORTED: ("⊘", "yellow"),
}


def stage_line(record: StageRecord, *, name_width: int = 0, style: Style = PLAIN) -> str:
    """
    Sign, name, seconds and message of one stage.

    ::

        ● deploy staging      12 s
        ‖ approve             waits for approval: Look at staging first.
    """
    sign, color = STAGE_SIGNS[record.status]
    name = clean(record.stage.name).ljust(name_width)
    parts = [style.paint(sign, color), style.paint(name, "bold")]
    ended = record.status not in {StageStatus.PENDING, StageStatus.RUNNING, StageStatus.WAITING}
    if ended and record.stage.kind is not StageKind.APPROVE:
        parts.append(duration(record.seconds))
    if record.status is StageStatus.WAITING:
        parts.append("waits for approval" + (":" if record.message else ""))
    if record.approved_by:
        parts.append(f"approved by {clean(record.approved_by)}")
    if record.message:
        parts.append(clean(record.message))
    return " ".join(parts).rstrip()


def run_text(
    run: PipelineRun, subject: str, *, zone: tzinfo | None = None, style: Style = PLAIN
) -> str:
    """
    One run in full: its commit, then a line a stage, then how to go on.
    """
    commit = style.paint(short(run.revision), "yellow")
    about = f" {clean(subject)}" if subject else ""
    when = day_and_time(run.started_at, zone)
    head = f"Pipeline run {run.number}: {commit}{about}, by {clean(run.author)}, {when}"
    width = max(len(clean(each.stage.name)) for each in run.stages)
    stages = [f"  {stage_line(each, name_width=width, style=style)}" for each in run.stages]
    return "\n".join([head, *stages, *_ways_on(run)])


def _ways_on(run: PipelineRun) -> tuple[str, ...]:
    again = f"sandbox pipeline run --resume {run.number}"
    match run_status(run):
        case StageStatus.SUCCEEDED | StageStatus.RUNNING:
            return ()
        case StageStatus.WAITING:
            return (f"To approve: {again} --approve",)
        case _:
            return (f"To go on where it ended: {again}",)


def runs_text(
    runs: Sequence[tuple[PipelineRun, str]], *, zone: tzinfo | None = None, style: Style = PLAIN
) -> str:
    """
    One line a run: number, when, how far, at which stage, commit and subject.
    """
    if not runs:
        return "No pipeline was run yet. To begin: sandbox pipeline run"
    rows = columns(
        [
            (
                str(run.number),
                day_and_time(run.started_at, zone),
                _where(run),
                f"{short(run.revision)} {clean(subject)}",
            )
            for run, subject in runs
        ]
    )
    lines: list[str] = []
    for (run, _), row in zip(runs, rows, strict=True):
        sign, color = STAGE_SIGNS[run_status(run)]
        lines.append(f"{style.paint(sign, color)} {''.join(row)}")
    return "\n".join(lines)


def live_lines(
    run: PipelineRun, progress: Syncing, *, now: float, width: int, style: Style = PLAIN
) -> tuple[str, ...]:
    """
    The stages that have not ended, the one that runs with its steps; for a terminal.
    """
    name_width = max(len(clean(each.stage.name)) for each in run.stages)
    lines: list[str] = []
    for record in run.stages:
        if record.status is StageStatus.RUNNING:
            lines += progress_lines(
                progress, now=now, width=width, name_width=name_width, style=style
            )
        elif record.status is StageStatus.PENDING:
            lines.append(stage_line(record, name_width=name_width, style=style))
    return tuple(lines)


def run_json(run: PipelineRun, subject: str = "") -> dict[str, Json]:
    """
    One run; ``status`` is that of the stage that it is at.
    """
    return {
        "number": run.number,
        "revision": run.revision,
        "subject": subject,
        "author": run.author,
        "started_at": run.started_at,
        "status": run_status(run).value,
        "stages": [stage_json(each) for each in run.stages],
    }


def stage_json(record: StageRecord) -> dict[str, Json]:
    """
    One stage of a run; ``started_at`` is ``null`` before it begins.
    """
    return {
        "name": record.stage.name,
        "kind": record.stage.kind.value,
        "environments": list(record.stage.environments),
        "status": record.status.value,
        "started_at": record.started_at or None,
        "seconds": round(record.seconds, 3),
        "message": record.message,
        "approved_by": record.approved_by or None,
    }


def _where(run: PipelineRun) -> str:
    status = run_status(run)
    if status is StageStatus.SUCCEEDED:
        return status.value
    at = next(each for each in run.stages if each.status is not StageStatus.SUCCEEDED)
    return f"{status.value} at {clean(at.stage.name)}"

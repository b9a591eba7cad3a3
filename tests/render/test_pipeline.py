"""
Runs of the pipeline as people and programs read them.
"""

from dataclasses import replace
from datetime import UTC

import pytest

from sandbox.delivery.pipeline import begin_run, with_stage
from sandbox.delivery.syncing import begin
from sandbox.model.pipeline import PipelineRun, Stage, StageKind, StageStatus
from sandbox.render.pipeline import live_lines, run_json, run_text, runs_text
from tests.builders import NOW, REVISION

STAGES = (
    Stage(name="build", kind=StageKind.BUILD, environments=("staging",)),
    Stage(name="deploy staging", kind=StageKind.DEPLOY, environments=("staging",)),
    Stage(name="approve", kind=StageKind.APPROVE, question="Sure?"),
)
HEAD = "Pipeline run 7: 1a2b3c4 Add tea, by ada, 2027-01-15 08:00:00\n"


def a_run(*statuses: StageStatus) -> PipelineRun:
    run = replace(begin_run(STAGES, REVISION, "ada", NOW), number=7)
    for index, status in enumerate(statuses):
        message = {StageStatus.WAITING: "Sure?", StageStatus.FAILED: "no\x1b[31m way"}.get(status)
        record = replace(
            run.stages[index], status=status, seconds=12.0, message=message or "", started_at=NOW
        )
        run = with_stage(run, index, record)
    return run


OK = StageStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (
            (OK, StageStatus.FAILED),
            (
                "  ● build          12 s\n"
                "  ✗ deploy staging 12 s no way\n"
                "  ○ approve\n"
                "To go on where it ended: sandbox pipeline run --resume 7"
            ),
        ),
        (
            (OK, OK, StageStatus.WAITING),
            (
                "  ● build          12 s\n"
                "  ● deploy staging 12 s\n"
                "  ‖ approve        waits for approval: Sure?\n"
                "To approve: sandbox pipeline run --resume 7 --approve"
            ),
        ),
        ((OK, OK, OK), "  ● build          12 s\n  ● deploy staging 12 s\n  ● approve"),
    ],
)
def test_a_run_in_full_tells_each_stage_and_how_to_go_on(
    statuses: tuple[StageStatus, ...], text: str
) -> None:
    assert run_text(a_run(*statuses), "Add tea\x07", zone=UTC) == HEAD + text


def test_a_list_tells_where_each_run_is() -> None:
    runs = [(a_run(OK, OK, OK), "Add tea"), (a_run(OK, StageStatus.FAILED), "Add milk")]
    assert runs_text(runs, zone=UTC) == (
        "● 7  2027-01-15 08:00:00  succeeded                 1a2b3c4 Add tea\n"
        "✗ 7  2027-01-15 08:00:00  failed at deploy staging  1a2b3c4 Add milk"
    )
    assert runs_text([]) == "No pipeline was run yet. To begin: sandbox pipeline run"


def test_while_it_runs_only_what_is_left_moves_and_no_line_is_wider_than_the_terminal() -> None:
    run = a_run(OK, StageStatus.RUNNING)
    lines = live_lines(run, begin("deploy staging", NOW), now=NOW + 3, width=60)
    assert [line[2:16] for line in lines] == ["deploy staging", "approve"]
    assert all(len(line) <= 60 for line in lines)


def test_the_document_has_every_stage_and_absent_times_are_null() -> None:
    document = run_json(a_run(OK, StageStatus.RUNNING), "Add tea")
    assert (document["status"], document["number"]) == ("running", 7)
    assert document["stages"] == [
        {
            "name": name,
            "kind": kind,
            "environments": environments,
            "status": status,
            "started_at": started_at,
            "seconds": seconds,
            "message": "",
            "approved_by": None,
        }
        for name, kind, environments, status, started_at, seconds in (
            ("build", "build", ["staging"], "succeeded", NOW, 12.0),
            ("deploy staging", "deploy", ["staging"], "running", NOW, 12.0),
            ("approve", "approve", [], "pending", None, 0.0),
        )
    ]

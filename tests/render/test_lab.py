"""What the laboratory measured, as text and document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sandbox.delivery.lab import report_of
from sandbox.model.lab import Answer, Chapter, LabReport, Recording, Way
from sandbox.render.documents import document
from sandbox.render.lab import lab_text
from sandbox.render.lab_document import lab_json
from tests.lab_recordings import (
    BEGAN,
    NEW,
    NOBODY,
    OLD,
    TERMS,
    broken,
    recording,
    repeated,
    report,
)


def test_the_table_has_a_line_for_each_measure_and_a_column_for_each_way() -> None:
    lines = lab_text(report()).splitlines()
    assert lines[0].split() == ["DevOps", "GitOps"]
    (staging,) = (line for line in lines if line.startswith("Commit to staging"))
    assert staging.split("  ")[-1].strip() == "1.8 s"
    last = " ".join(lines[len(report().shown)].split())
    assert last == "Questions answered from the record 1 of 2 2 of 2"


def test_each_reason_for_a_missing_figure_is_told_once_below_the_table() -> None:
    text = lab_text(report())
    assert text.count("not noticed within 10 s") == 1
    assert text.count("not reached in this run") == 1
    (line,) = (line for line in text.splitlines() if line.startswith("Stopped container detected"))
    number = line.split("not measured ")[1].split()[0]
    assert f"{number} not noticed within 10 s" in text.splitlines()


def test_whoever_reads_it_is_told_how_busy_the_machine_was() -> None:
    told = "Load of the machine before each began: 1.2 (DevOps) and 0.4 (GitOps)."
    assert told in lab_text(report())


def test_an_audit_shows_what_the_record_does_not_know() -> None:
    text = lab_text(report())
    assert "✗ Who decided it?  nothing" in text
    assert "✓ Who decided it?  Olga Operator" in text


def test_an_answer_that_is_not_true_is_told_with_the_truth_and_commits_are_short() -> None:
    wrong = Answer(question="Which?", truth=NEW, answer=OLD, source="git log")
    asked = report_of(TERMS, [replace(recording(), answers=(wrong,))])
    assert f"✗ Which?  {OLD[:7]} (true: {NEW[:7]})" in lab_text(asked)


def test_rows_of_chapters_that_were_left_out_are_not_shown() -> None:
    text = lab_text(report())
    assert "Rollback" not in text
    assert "Failing unit test told" not in text
    terms = replace(TERMS, chapters=(*TERMS.chapters, Chapter.ROLLBACK))
    assert "Rollback" in lab_text(report_of(terms, report().recordings))


def test_one_run_claims_no_difference_and_says_what_does() -> None:
    text = lab_text(report())
    assert "better" not in text
    assert "sandbox lab --repeat 3" in text


def test_several_runs_show_median_and_range_and_claim_what_the_ranges_allow() -> None:
    lines = lab_text(repeated(0.0, 1.0, 3.0)).splitlines()
    assert lines[0].split() == ["DevOps", "GitOps", "difference"]
    (out,) = (line for line in lines if line.startswith("Production out of service"))
    assert " ".join(out.split()).endswith(
        "11 s (10 s to 13 s) 3.0 s (2.0 s to 5.0 s) GitOps better"
    )
    (staging,) = (line for line in lines if line.startswith("Commit to production"))
    assert staging.endswith("no difference: ranges overlap")
    (served,) = (line for line in lines if line.startswith("Requests served"))
    assert served.split()[-1] == "236"


def test_what_broke_off_is_told_with_the_reason_and_the_figures_that_are_missing() -> None:
    text = lab_text(broken())
    assert "✗ DevOps broke off in drift: the engine went away" in text
    assert f"✗ GitOps broke off: {NOBODY}" in text
    (missing, *_) = (line for line in text.splitlines() if line.startswith("  missing: "))
    assert "Production out of service" in missing
    assert "Commit to staging" not in missing
    assert "1.8 s" in text


def written(of: LabReport) -> Any:
    return json.loads(document(lab_json(of)))


def test_the_document_holds_the_figures_and_what_they_were_reckoned_from() -> None:
    found = written(report())
    assert found["schema"] == 1
    assert found["complete"] is True
    assert found["problems"] == []
    by_key = {measure["key"]: measure for measure in found["measures"]}
    assert by_key["commit_to_staging"]["gitops"] == {
        "value": 1.75,
        "min": 1.75,
        "max": 1.75,
        "values": [1.75],
        "out_of": None,
        "reason": "",
    }
    assert by_key["commit_to_staging"]["better"] == "less"
    assert by_key["served"]["better"] is None
    assert by_key["rollback"]["left_out"] is True
    assert by_key["stop_detected"]["devops"]["value"] is None
    assert by_key["answers"]["devops"]["value"] == 1
    assert by_key["answers"]["devops"]["out_of"] == 2
    (devops,) = found["ways"]["devops"]["runs"]
    assert devops["commands"][1]["line"] == "sandbox promote production --wait"
    counted = devops["requests"]
    assert sum(each["requests"] for each in counted) == len(recording(Way.DEVOPS).visits)
    failed = [each for each in counted if each["failure"]]
    assert [each["second"] for each in failed] == [int(BEGAN) + n for n in range(40, 50)]
    assert {(each["requests"], each["release"], each["slowest_ms"]) for each in failed} == {
        (2, None, 10.0)
    }


def test_the_document_holds_each_run_and_the_verdict_on_the_difference() -> None:
    found = written(repeated(0.0, 1.0, 3.0))
    for way in Way:
        assert [each["run"] for each in found["ways"][way]["runs"]] == [1, 2, 3]
    (out,) = (each for each in found["measures"] if each["key"] == "out_of_service")
    assert out["difference"] == {"verdict": "different", "better": "gitops"}
    assert out["gitops"]["values"] == [2.0, 3.0, 5.0]


def test_the_document_of_a_broken_run_says_what_ran_why_it_broke_and_what_is_missing() -> None:
    found = written(broken())
    assert found["complete"] is False
    drift, _, gitops = found["problems"]
    assert (drift["way"], drift["chapter"], drift["message"]) == (
        "devops",
        "drift",
        "the engine went away",
    )
    assert "out_of_service" in drift["missing"]
    assert (gitops["chapter"], gitops["message"]) == (None, NOBODY)
    (run,) = found["ways"]["devops"]["runs"]
    assert [each["chapter"] for each in run["chapters"]] == ["feature", "staging-bug", "drift"]
    assert run["chapters"][2]["problem"] == "the engine went away"


def test_a_report_of_nothing_is_a_text_too() -> None:
    assert lab_text(report_of(TERMS, []))
    nothing = Recording(way=Way.GITOPS, began_at=BEGAN, ended_at=BEGAN)
    assert lab_text(report_of(TERMS, [nothing]))

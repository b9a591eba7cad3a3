"""What was recorded of two ways of delivering, as figures side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.delivery.lab import report_of, settled_at
from sandbox.model.lab import Answer, Chapter, Figure, Point, Recording, Unit, Way
from tests.lab_recordings import BAD, BEGAN, NEW, OLD, TERMS, mark, recording, report, run, visit

ALWAYS = {"attended", "duration"}


def figure(key: str, of: Recording) -> Figure:
    (row,) = (row for row in report_of(TERMS, [of]).rows if row.key == key)
    (found,) = row.figures
    assert found[0] is of.way
    return found[1]


@pytest.mark.parametrize(
    ("key", "devops", "gitops"),
    [
        ("commit_to_staging", 1.75, 1.75),
        ("commit_to_production", 6.75, 6.75),
        ("stop_repaired", 1.0, 1.5),
        ("out_of_service", 10.0, 2.0),
        ("commands", 2, 2),
        ("attended", 4.0, 4.0),
        ("duration", 60.0, 60.0),
        ("served", 240 - 20, 240 - 4),
        ("failed_in_drift", 20, 4),
        ("failed", 0, 0),
        ("staging_bug_production_visitors", 0, 0),
    ],
)
def test_each_figure_is_reckoned_from_the_recording(key: str, devops: float, gitops: float) -> None:
    assert figure(key, recording(Way.DEVOPS)) == Figure(value=devops)
    assert figure(key, recording(Way.GITOPS)) == Figure(value=gitops)


def test_a_figure_whose_end_was_not_reached_says_why() -> None:
    assert figure("stop_detected", recording(Way.DEVOPS)) == Figure(
        reason="not noticed within 10 s"
    )
    assert figure("stop_detected", recording(Way.GITOPS)) == Figure(value=0.5)


@pytest.mark.parametrize("key", ["rollback", "failing_test_refused", "failing_test_visitors"])
def test_a_chapter_that_was_left_out_has_no_figure(key: str) -> None:
    assert figure(key, recording()) == Figure(reason="this chapter was left out")


def test_a_chapter_that_broke_off_says_why_in_each_of_its_figures() -> None:
    broken = replace(
        recording(), chapters=(run(Chapter.ROLLBACK, 55, 60, problem="the engine went away"),)
    )
    assert figure("rollback", broken) == Figure(reason="the engine went away")


def test_a_bad_release_that_reached_visitors_is_counted_where_it_did() -> None:
    leaked = replace(
        recording(),
        visits=(
            visit(20, BAD, environment="staging"),
            visit(21, BAD),
            visit(22, NEW),
            visit(23, failure="status 500"),
        ),
    )
    assert figure("staging_bug_production_visitors", leaked) == Figure(value=1)


def test_a_failure_counts_as_one_by_hand_when_any_part_of_it_was_meanwhile() -> None:
    before, cut = visit(39.9, failure="timeout"), visit(40.005, failure="RemoteDisconnected")
    late, after = visit(55.005, failure="timeout"), visit(55.02, failure="timeout")
    recorded = replace(recording(), visits=(before, cut, late, after))
    assert figure("failed_in_drift", recorded) == Figure(value=2)
    assert figure("failed", recorded) == Figure(value=2)


def test_answers_count_when_they_are_there_and_true() -> None:
    def answer(said: str) -> Answer:
        return Answer(question="Who?", truth="Ada", answer=said, source="git log")

    asked = replace(recording(), answers=(answer("Ada"), answer(""), answer("Bob")))
    assert figure("answers", asked) == Figure(value=1, out_of=3)


def test_an_empty_recording_gives_a_report_in_which_nothing_timed_is_measured() -> None:
    rows = report_of(TERMS, [Recording(way=Way.GITOPS, began_at=BEGAN, ended_at=BEGAN)]).rows
    timed = [row for row in rows if row.unit is Unit.SECONDS and row.key not in ALWAYS]
    assert len(timed) > 5
    assert all(row.figures[0][1].value is None and row.figures[0][1].reason for row in timed)


def test_every_row_has_a_figure_of_each_way_and_a_key_of_its_own() -> None:
    rows = report().rows
    assert len({row.key for row in rows}) == len(rows)
    assert {tuple(way for way, _ in row.figures) for row in rows} == {(Way.DEVOPS, Way.GITOPS)}


def test_a_release_has_settled_since_the_first_answer_after_the_last_of_another() -> None:
    visits = [visit(1, OLD), visit(2, NEW), visit(3, OLD), visit(4, NEW), visit(5, NEW)]
    assert settled_at(visits, "production", NEW) == BEGAN + 4
    assert settled_at(visits, "production", OLD) is None


def test_failures_and_other_environments_do_not_unsettle_a_release() -> None:
    visits = [
        visit(1, NEW),
        visit(2, failure="status 503"),
        visit(3, OLD, environment="staging"),
    ]
    assert settled_at(visits, "production", NEW) == BEGAN + 1


def test_too_few_answers_are_not_believed_and_none_at_all_neither() -> None:
    assert settled_at([visit(1, NEW)], "production", NEW, least=2) is None
    assert settled_at([], "production", NEW) is None
    assert settled_at([visit(1, failure="timeout")], "production", NEW) is None


def test_a_mark_without_a_time_keeps_its_reason_for_whatever_is_reckoned_from_it() -> None:
    lost = replace(
        recording(), marks=(mark(Chapter.FEATURE, Point.COMMITTED, None, "it was refused"),)
    )
    assert figure("commit_to_staging", lost) == Figure(reason="it was refused")

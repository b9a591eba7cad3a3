"""What was recorded of two ways of delivering, as figures side by side."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.delivery.lab import compared, headline, report_of, settled_at
from sandbox.model.lab import (
    Answer,
    Better,
    Chapter,
    Comparison,
    Figure,
    LabReport,
    Point,
    Recording,
    Unit,
    Verdict,
    Way,
)
from tests.lab_recordings import (
    BAD,
    BEGAN,
    NEW,
    NOBODY,
    OLD,
    TERMS,
    broken,
    mark,
    recording,
    repeated,
    report,
    run,
    visit,
)

D, G = Way.DEVOPS, Way.GITOPS


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
        ("failed_per_second", 2.0, 2.0),
        ("staging_bug_production_visitors", 0, 0),
    ],
)
def test_each_figure_is_reckoned_from_the_recording(key: str, devops: float, gitops: float) -> None:
    assert figure(key, recording(Way.DEVOPS)) == Figure(values=(devops,))
    assert figure(key, recording(Way.GITOPS)) == Figure(values=(gitops,))


def test_a_figure_whose_end_was_not_reached_says_why() -> None:
    assert figure("stop_detected", recording(Way.DEVOPS)) == Figure(
        reason="not noticed within 10 s"
    )
    assert figure("stop_detected", recording(Way.GITOPS)) == Figure(values=(0.5,))


@pytest.mark.parametrize("key", ["rollback", "failing_test_refused", "failing_test_visitors"])
def test_a_chapter_that_was_left_out_has_no_figure(key: str) -> None:
    assert figure(key, recording()) == Figure(reason="this chapter was left out")


def test_a_chapter_that_broke_off_says_why_in_each_of_its_figures() -> None:
    lost = replace(
        recording(), chapters=(run(Chapter.STAGING_BUG, 10, 60, problem="the engine went away"),)
    )
    for key in ("staging_bug_found", "staging_bug_production_visitors"):
        assert figure(key, lost) == Figure(reason="staging bug broke off: the engine went away")


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
    assert figure("staging_bug_production_visitors", leaked) == Figure(values=(1,))


def test_a_failure_counts_as_one_by_hand_when_any_part_of_it_was_meanwhile() -> None:
    before, cut = visit(39.9, failure="timeout"), visit(40.005, failure="RemoteDisconnected")
    late, after = visit(55.005, failure="timeout"), visit(55.02, failure="timeout")
    recorded = replace(recording(), visits=(before, cut, late, after))
    assert figure("failed_in_drift", recorded) == Figure(values=(2,))
    assert figure("failed", recorded) == Figure(values=(2,))


def test_answers_count_when_they_are_there_and_true() -> None:
    def answer(said: str) -> Answer:
        return Answer(question="Who?", truth="Ada", answer=said, source="git log")

    asked = replace(recording(), answers=(answer("Ada"), answer(""), answer("Bob")))
    assert figure("answers", asked) == Figure(values=(1,), out_of=3)


def test_an_empty_recording_gives_a_report_in_which_nothing_timed_is_measured() -> None:
    rows = report_of(TERMS, [Recording(way=Way.GITOPS, began_at=BEGAN, ended_at=BEGAN)]).rows
    timed = [row for row in rows if row.unit is Unit.SECONDS]
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


def of_way(key: str, of: LabReport, way: Way) -> Figure:
    (row,) = (row for row in of.rows if row.key == key)
    return dict(row.figures)[way]


def test_what_was_measured_before_a_run_broke_off_is_kept() -> None:
    kept = {row.key for row in broken().rows if dict(row.figures)[D].values}
    assert kept == {"commit_to_staging", "commit_to_production", "staging_bug_production_visitors"}


@pytest.mark.parametrize("key", ["commands", "attended", "duration", "served", "failed"])
def test_a_sum_over_a_run_that_broke_off_is_no_figure_since_less_was_done(key: str) -> None:
    assert of_way(key, broken(), D) == Figure(reason="drift broke off: the engine went away")
    assert of_way(key, broken(), G) == Figure(reason=f"feature was not reached: {NOBODY}")


def test_a_report_says_what_broke_off_why_and_which_figures_are_missing() -> None:
    drift, devops, gitops = broken().breakoffs
    assert (drift.way, drift.run, drift.chapter) == (D, 1, Chapter.DRIFT)
    assert drift.message == "the engine went away"
    assert {"out_of_service", "stop_repaired", "failed_in_drift", "commands"} <= {*drift.missing}
    assert not {"commit_to_staging", "answers", "stop_detected"} & {*drift.missing}
    assert (devops.chapter, devops.message) == (None, "the engine went away")
    assert "answers" in devops.missing
    assert (gitops.chapter, gitops.message) == (None, NOBODY)
    assert {"commit_to_staging", "out_of_service", "answers", "duration"} <= {*gitops.missing}


def test_a_report_is_complete_when_every_run_was_made_and_nothing_broke_off() -> None:
    assert report().complete
    assert repeated(0, 1).complete
    assert not broken().complete
    assert not report_of(replace(TERMS, runs=2), report().recordings).complete


def test_what_a_way_does_not_do_is_no_break_off() -> None:
    assert of_way("stop_detected", report(), D).values == ()
    assert report().breakoffs == ()


def test_a_figure_of_several_runs_is_their_median_with_the_smallest_and_the_largest() -> None:
    found = of_way("out_of_service", repeated(0.0, 3.0, 1.0), G)
    assert (found.values, found.value, found.least, found.most) == ((2.0, 5.0, 3.0), 3.0, 2.0, 5.0)
    assert of_way("out_of_service", repeated(0.0, 3.0), G).value == 3.5


def test_a_run_that_lacks_a_figure_says_why_beside_those_of_the_others() -> None:
    lost = replace(recording(), run=2, chapters=(), marks=(), problem="the engine went away")
    found = of_way("commit_to_staging", report_of(TERMS, [recording(), lost]), G)
    assert found.values == (1.75,)
    assert found.reason == "feature was not reached: the engine went away"


@pytest.mark.parametrize(
    ("better", "devops", "gitops", "verdict", "winner"),
    [
        (Better.LESS, (3, 4, 5), (1, 2, 2.9), Verdict.DIFFERENT, G),
        (Better.MORE, (3, 4, 5), (1, 2, 2.9), Verdict.DIFFERENT, D),
        (Better.LESS, (0, 0, 0), (6, 7, 7), Verdict.DIFFERENT, D),
        (Better.LESS, (3, 4, 5), (1, 2, 3), Verdict.OVERLAP, None),
        (Better.LESS, (1, 9, 2), (3, 4, 5), Verdict.OVERLAP, None),
        (Better.LESS, (4, 4, 4), (4, 4, 4), Verdict.OVERLAP, None),
        (Better.LESS, (9, 9), (1, 1, 1), Verdict.TOO_FEW, None),
        (Better.LESS, (9,), (1,), Verdict.TOO_FEW, None),
        (Better.LESS, (), (1, 1, 1), Verdict.ONE_SIDED, None),
        (Better.NEITHER, (9, 9, 9), (1, 1, 1), Verdict.NEITHER, None),
    ],
)
def test_a_difference_is_claimed_only_of_three_runs_each_whose_ranges_do_not_overlap(
    better: Better,
    devops: tuple[float, ...],
    gitops: tuple[float, ...],
    verdict: Verdict,
    winner: Way | None,
) -> None:
    figures = [(D, Figure(values=devops)), (G, Figure(values=gitops))]
    assert compared(better, figures) == Comparison(verdict=verdict, winner=winner)
    assert compared(better, figures[::-1]) == Comparison(verdict=verdict, winner=winner)


def test_the_headline_has_the_three_figures_that_matter_most_of_those_that_were_measured() -> None:
    def keys(of: LabReport) -> list[str]:
        return [row.key for row in headline(of)]

    assert keys(report()) == ["out_of_service", "commit_to_production", "commands"]
    assert keys(broken()) == ["commit_to_production"]
    calm = replace(TERMS, chapters=(Chapter.FEATURE, Chapter.AUDIT))
    assert keys(report_of(calm, report().recordings)) == [
        "commit_to_production",
        "commands",
        "answers",
    ]


def test_failures_per_second_count_production_only_and_need_a_time_out_of_service() -> None:
    marks = [mark(Chapter.DRIFT, Point.STOPPED, 40), mark(Chapter.DRIFT, Point.STOP_REPAIRED, 40)]
    assert figure("failed_per_second", replace(recording(), marks=tuple(marks))) == Figure(
        reason="production was never out of service"
    )
    elsewhere = (
        visit(41, failure="timeout"),
        visit(41.5, failure="timeout", environment="staging"),
        visit(47, failure="timeout"),
    )
    found = figure("failed_per_second", replace(recording(), visits=elsewhere))
    assert found == Figure(values=(0.5,))

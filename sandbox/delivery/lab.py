"""What was recorded of two ways of delivering, as figures side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.lab import Chapter, Figure, LabReport, Mark, Point, Row, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.lab import ChapterRun, Recording, Terms, Visit

PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class _Measure:
    key: str
    title: str
    meaning: str
    unit: Unit
    of: Callable[[Recording], Figure]


def report_of(terms: Terms, recordings: Sequence[Recording]) -> LabReport:
    """
    Reckon every figure; one that was not measured says why.

    Total: a recording may lack anything.
    """
    rows = tuple(
        Row(
            key=measure.key,
            title=measure.title,
            meaning=measure.meaning,
            unit=measure.unit,
            figures=tuple((each.way, measure.of(each)) for each in recordings),
        )
        for measure in _MEASURES
    )
    return LabReport(terms=terms, rows=rows, recordings=tuple(recordings))


def settled_at(
    visits: Sequence[Visit], environment: str, release: str, *, least: int = 1
) -> float | None:
    """
    Tell since when *release* alone has been answering in *environment*.

    Failures in between are no answer of another release.

    Args:
        visits: In order of their ends.
        least: So many answers it takes to believe that.

    Returns:
        When the first of these answers came; ``None`` while another release answers, too.
    """
    since, answers = None, 0
    for visit in reversed(visits):
        if visit.environment != environment or visit.failure:
            continue
        if visit.release != release:
            break
        since, answers = visit.at, answers + 1
    return since if answers >= least else None


def _span(chapter: Chapter, begin: Point, end: Point) -> Callable[[Recording], Figure]:
    def seconds(recording: Recording) -> Figure:
        first, last = (_mark(recording, chapter, point) for point in (begin, end))
        for mark in (first, last):
            if mark.at is None:
                return Figure(reason=mark.message)
        return Figure(value=round((last.at or 0.0) - (first.at or 0.0), 3))

    return seconds


def _mark(recording: Recording, chapter: Chapter, point: Point) -> Mark:
    """The mark, or one without a time that says why there is none."""
    for mark in recording.marks:
        if (mark.chapter, mark.point) == (chapter, point):
            return mark
    run = _run(recording, chapter)
    message = (
        "this chapter was left out" if run is None else run.problem or "not reached in this run"
    )
    return Mark(chapter=chapter, point=point, at=None, message=message)


def _run(recording: Recording, chapter: Chapter) -> ChapterRun | None:
    return next((each for each in recording.chapters if each.chapter is chapter), None)


def _answered_by_bad(chapter: Chapter, environment: str = "") -> Callable[[Recording], Figure]:
    """Count the requests that the bad release of *chapter* answered, in *environment* or in all."""

    def requests(recording: Recording) -> Figure:
        run = _run(recording, chapter)
        if run is None:
            return Figure(reason="this chapter was left out")
        if not run.bad_release:
            return Figure(reason=run.problem or "there was no bad release")
        visits = (each for each in recording.visits if each.release == run.bad_release)
        return Figure(value=sum(environment in {"", each.environment} for each in visits))

    return requests


def _failed(*, drift: bool) -> Callable[[Recording], Figure]:
    """Count failed requests: those after something was changed by hand, or all others."""

    def requests(recording: Recording) -> Figure:
        run = _run(recording, Chapter.DRIFT)
        if drift and run is None:
            return Figure(reason="this chapter was left out")
        failed = [each for each in recording.visits if each.failure]
        within = 0 if run is None else sum(_is_within(each, run) for each in failed)
        return Figure(value=within if drift else len(failed) - within)

    return requests


def _is_within(visit: Visit, run: ChapterRun) -> bool:
    """Tell whether any part of *visit* was; what is stopped cuts requests that came before."""
    return visit.at >= run.began_at and visit.at - visit.seconds < run.ended_at


def _served(recording: Recording) -> Figure:
    return Figure(value=sum(not each.failure for each in recording.visits))


def _duration(recording: Recording) -> Figure:
    return Figure(value=round(recording.ended_at - recording.began_at, 3))


def _commands(recording: Recording) -> Figure:
    return Figure(value=len(recording.commands))


def _attended(recording: Recording) -> Figure:
    return Figure(value=round(sum(each.seconds for each in recording.commands), 3))


def _answers(recording: Recording) -> Figure:
    run = _run(recording, Chapter.AUDIT)
    if run is None:
        return Figure(reason="this chapter was left out")
    if not recording.answers:
        return Figure(reason=run.problem or "nothing was asked")
    correct = sum(each.correct for each in recording.answers)
    return Figure(value=correct, out_of=len(recording.answers))


def _seconds(key: str, title: str, meaning: str, of: Callable[[Recording], Figure]) -> _Measure:
    return _Measure(key, title, meaning, Unit.SECONDS, of)


def _number(key: str, title: str, meaning: str, of: Callable[[Recording], Figure]) -> _Measure:
    return _Measure(key, title, meaning, Unit.COUNT, of)


_MEASURES = (
    _seconds(
        "commit_to_staging",
        "Commit to staging",
        "from the commit until every visitor of staging is answered by it",
        _span(Chapter.FEATURE, Point.COMMITTED, Point.STAGING_SERVES),
    ),
    _seconds(
        "commit_to_production",
        "Commit to production",
        "from the commit until every visitor of production is answered by it; nobody hesitates",
        _span(Chapter.FEATURE, Point.COMMITTED, Point.PRODUCTION_SERVES),
    ),
    _seconds(
        "failing_test_refused",
        "Failing unit test told",
        "from the commit to the verdict",
        _span(Chapter.FAILING_TEST, Point.COMMITTED, Point.REFUSED),
    ),
    _number(
        "failing_test_visitors",
        "Visitors answered by it",
        "requests that the commit with the failing unit test answered, anywhere",
        _answered_by_bad(Chapter.FAILING_TEST),
    ),
    _seconds(
        "staging_bug_found",
        "Bug found in staging",
        "from the commit to the verdict on a bug that no unit test sees",
        _span(Chapter.STAGING_BUG, Point.COMMITTED, Point.REFUSED),
    ),
    _seconds(
        "staging_bug_removed",
        "Staging good again",
        "from that verdict until every visitor of staging is answered by a good release",
        _span(Chapter.STAGING_BUG, Point.REFUSED, Point.RESTORED),
    ),
    _number(
        "staging_bug_production_visitors",
        "Visitors of production who met the bug",
        "requests to production that the release with the bug answered",
        _answered_by_bad(Chapter.STAGING_BUG, PRODUCTION),
    ),
    _seconds(
        "stop_detected",
        "Stopped container detected",
        "from its stop until the way itself notices",
        _span(Chapter.DRIFT, Point.STOPPED, Point.STOP_DETECTED),
    ),
    _seconds(
        "stop_repaired",
        "Stopped container repaired",
        "from knowing (or the person's command) until it serves again",
        _span(Chapter.DRIFT, Point.STOP_REPAIR_BEGUN, Point.STOP_REPAIRED),
    ),
    _seconds(
        "out_of_service",
        "Production out of service",
        "from the stop until every visitor is served again, whoever saw to it",
        _span(Chapter.DRIFT, Point.STOPPED, Point.STOP_REPAIRED),
    ),
    _seconds(
        "edit_detected",
        "Edited limit detected",
        "from the edit until the way itself notices",
        _span(Chapter.DRIFT, Point.EDITED, Point.EDIT_DETECTED),
    ),
    _seconds(
        "edit_repaired",
        "Edited limit repaired",
        "from knowing (or the person's command) until the limit is the committed one",
        _span(Chapter.DRIFT, Point.EDIT_REPAIR_BEGUN, Point.EDIT_REPAIRED),
    ),
    _seconds(
        "rollback",
        "Rollback",
        "from typing the command until every visitor of production gets the earlier release",
        _span(Chapter.ROLLBACK, Point.ROLLBACK_BEGUN, Point.ROLLED_BACK),
    ),
    _number("commands", "Commands typed by a person", "in the whole scenario", _commands),
    _seconds("attended", "Time a person waited", "sum over these commands", _attended),
    _seconds("duration", "Whole scenario", "from the first visitor to the last", _duration),
    _number("served", "Requests served", "of all visitors, staging and production", _served),
    _number(
        "failed_in_drift",
        "Requests failed after a change by hand",
        "while a container was stopped, or a limit edited, until repaired",
        _failed(drift=True),
    ),
    _number("failed", "Requests failed otherwise", "during everything else", _failed(drift=False)),
    _number(
        "answers",
        "Questions answered from the record",
        "true answers to the questions of the audit",
        _answers,
    ),
)

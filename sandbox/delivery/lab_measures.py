"""Each measure of the laboratory, read from one recorded run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.model.lab import Better, Chapter, Mark, Point, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sandbox.model.lab import ChapterRun, Recording, Visit

PRODUCTION: Final = "production"
LEFT_OUT: Final = "this chapter was left out"


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What one run says about one measure.

    Attributes:
        value: ``None`` when it was not measured, and *reason* says why.
        out_of: The most that it could have been; 0 when there is no such number.
        broken: It is missing because something broke off.
    """

    value: float | None = None
    out_of: int = 0
    reason: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    One row of the table.

    Attributes:
        of: Reads it from a recording.
        chapter: What it is about; ``None`` for the whole scenario.
        whole: It counts or sums: of a part that broke off there is no figure.
    """

    key: str
    title: str
    meaning: str
    unit: Unit
    of: Callable[[Recording], Reading]
    chapter: Chapter | None = None
    better: Better = Better.LESS
    whole: bool = False
    caveat: str = ""


def read(measure: Measure, recording: Recording, asked: Collection[Chapter]) -> Reading:
    """
    Read *measure* from *recording*, of which the chapters *asked* were to be gone through.

    A span needs its two marks only, so it is kept when its chapter broke off later. A count of a
    part that broke off is none: it would be small because little was done.
    """
    if measure.chapter is not None and measure.chapter not in asked:
        return Reading(reason=LEFT_OUT)
    if measure.whole:
        needed = asked if measure.chapter is None else (measure.chapter,)
        broken = next((why for each in needed if (why := broke_off(recording, each))), "")
        if broken:
            return Reading(reason=broken, broken=True)
    return measure.of(recording)


def broke_off(recording: Recording, chapter: Chapter) -> str:
    """
    Why *chapter* did not come to its end in *recording*; empty when it did.
    """
    word = chapter.value.replace("-", " ")
    run = _run(recording, chapter)
    if run is None:
        return f"{word} was not reached: {recording.problem or 'the record ends before it'}"
    return f"{word} broke off: {run.problem}" if run.problem else ""


def _run(recording: Recording, chapter: Chapter) -> ChapterRun | None:
    return next((each for each in recording.chapters if each.chapter is chapter), None)


def _mark(recording: Recording, chapter: Chapter, point: Point) -> Mark | None:
    found = (each for each in recording.marks if (each.chapter, each.point) == (chapter, point))
    return next(found, None)


def _between(recording: Recording, chapter: Chapter, *points: Point) -> tuple[float, ...] | Reading:
    """Times of all *points*, or why one of them has none."""
    times: list[float] = []
    for point in points:
        mark = _mark(recording, chapter, point)
        if mark is None:
            why = broke_off(recording, chapter)
            return Reading(reason=why or "not reached in this run", broken=bool(why))
        if mark.at is None:
            return Reading(reason=mark.message)
        times.append(mark.at)
    return tuple(times)


def _span(chapter: Chapter, begin: Point, end: Point) -> Callable[[Recording], Reading]:
    def seconds(recording: Recording) -> Reading:
        found = _between(recording, chapter, begin, end)
        if isinstance(found, Reading):
            return found
        first, last = found
        return Reading(round(last - first, 3))

    return seconds


def _answered_by_bad(chapter: Chapter, environment: str = "") -> Callable[[Recording], Reading]:
    """Count the requests that the bad release of *chapter* answered, in *environment* or in all."""

    def requests(recording: Recording) -> Reading:
        run = _run(recording, chapter)
        if run is None or not run.bad_release:
            return Reading(reason="there was no bad release")
        visits = (each for each in recording.visits if each.release == run.bad_release)
        return Reading(sum(environment in {"", each.environment} for each in visits))

    return requests


def _failed(*, drift: bool) -> Callable[[Recording], Reading]:
    """Count failed requests: those after something was changed by hand, or all others."""

    def requests(recording: Recording) -> Reading:
        run = _run(recording, Chapter.DRIFT)
        failed = [each for each in recording.visits if each.failure]
        within = 0
        if run is not None:
            within = sum(_is_within(each, run.began_at, run.ended_at) for each in failed)
        return Reading(within if drift else len(failed) - within)

    return requests


def _failed_per_second(recording: Recording) -> Reading:
    """Failed requests of production between the stop and its repair, by the seconds of that."""
    found = _between(recording, Chapter.DRIFT, Point.STOPPED, Point.STOP_REPAIRED)
    if isinstance(found, Reading):
        return found
    began, ended = found
    if ended <= began:
        return Reading(reason="production was never out of service")
    failed = (each for each in recording.visits if each.failure and each.environment == PRODUCTION)
    count = sum(_is_within(each, began, ended) for each in failed)
    return Reading(round(count / (ended - began), 3))


def _is_within(visit: Visit, began: float, ended: float) -> bool:
    """Tell whether any part of *visit* was; what is stopped cuts requests that came before."""
    return visit.at >= began and visit.at - visit.seconds < ended


def _served(recording: Recording) -> Reading:
    return Reading(sum(not each.failure for each in recording.visits))


def _duration(recording: Recording) -> Reading:
    return Reading(round(recording.ended_at - recording.began_at, 3))


def _commands(recording: Recording) -> Reading:
    return Reading(len(recording.commands))


def _attended(recording: Recording) -> Reading:
    return Reading(round(sum(each.seconds for each in recording.commands), 3))


def _answers(recording: Recording) -> Reading:
    if not recording.answers:
        return Reading(reason="nothing was asked")
    correct = sum(each.correct for each in recording.answers)
    return Reading(correct, out_of=len(recording.answers))


def _seconds(key: str, title: str, meaning: str, chapter: Chapter, *points: Point) -> Measure:
    """Seconds between two *points* of *chapter*."""
    begin, end = points
    of = _span(chapter, begin, end)
    return Measure(key=key, title=title, meaning=meaning, unit=Unit.SECONDS, of=of, chapter=chapter)


MEASURES: Final = (
    _seconds(
        "commit_to_staging",
        "Commit to staging",
        "from the commit until every visitor of staging is answered by it",
        Chapter.FEATURE,
        Point.COMMITTED,
        Point.STAGING_SERVES,
    ),
    _seconds(
        "commit_to_production",
        "Commit to production",
        "from the commit until every visitor of production is answered by it; nobody hesitates",
        Chapter.FEATURE,
        Point.COMMITTED,
        Point.PRODUCTION_SERVES,
    ),
    _seconds(
        "failing_test_refused",
        "Failing unit test told",
        "from the commit to the verdict",
        Chapter.FAILING_TEST,
        Point.COMMITTED,
        Point.REFUSED,
    ),
    Measure(
        key="failing_test_visitors",
        title="Visitors answered by it",
        meaning="requests that the commit with the failing unit test answered, anywhere",
        unit=Unit.COUNT,
        of=_answered_by_bad(Chapter.FAILING_TEST),
        chapter=Chapter.FAILING_TEST,
        whole=True,
    ),
    _seconds(
        "staging_bug_found",
        "Bug found in staging",
        "from the commit to the verdict on a bug that no unit test sees",
        Chapter.STAGING_BUG,
        Point.COMMITTED,
        Point.REFUSED,
    ),
    _seconds(
        "staging_bug_removed",
        "Staging good again",
        "from that verdict until every visitor of staging is answered by a good release",
        Chapter.STAGING_BUG,
        Point.REFUSED,
        Point.RESTORED,
    ),
    Measure(
        key="staging_bug_production_visitors",
        title="Visitors of production who met the bug",
        meaning="requests to production that the release with the bug answered",
        unit=Unit.COUNT,
        of=_answered_by_bad(Chapter.STAGING_BUG, PRODUCTION),
        chapter=Chapter.STAGING_BUG,
        whole=True,
    ),
    _seconds(
        "stop_detected",
        "Stopped container detected",
        "from its stop until the way itself notices",
        Chapter.DRIFT,
        Point.STOPPED,
        Point.STOP_DETECTED,
    ),
    _seconds(
        "stop_repaired",
        "Stopped container repaired",
        "from knowing (or the person's command) until it serves again",
        Chapter.DRIFT,
        Point.STOP_REPAIR_BEGUN,
        Point.STOP_REPAIRED,
    ),
    Measure(
        key="out_of_service",
        title="Production out of service",
        meaning="from the stop until every visitor is served again, whoever saw to it",
        unit=Unit.SECONDS,
        of=_span(Chapter.DRIFT, Point.STOPPED, Point.STOP_REPAIRED),
        chapter=Chapter.DRIFT,
        caveat=(
            "Of a way that does not detect the stop, it holds the time in which nobody looked, "
            "which is chosen with --unattended."
        ),
    ),
    Measure(
        key="failed_per_second",
        title="Requests failed per second out of service",
        meaning="failed requests of production from the stop to its repair, by the seconds of that",
        unit=Unit.PER_SECOND,
        of=_failed_per_second,
        chapter=Chapter.DRIFT,
        better=Better.NEITHER,
        caveat=(
            "A visitor waits for an answer before asking again, so slow failures are fewer than "
            "quick ones: compare the seconds out of service."
        ),
    ),
    _seconds(
        "edit_detected",
        "Edited limit detected",
        "from the edit until the way itself notices",
        Chapter.DRIFT,
        Point.EDITED,
        Point.EDIT_DETECTED,
    ),
    _seconds(
        "edit_repaired",
        "Edited limit repaired",
        "from knowing (or the person's command) until the limit is the committed one",
        Chapter.DRIFT,
        Point.EDIT_REPAIR_BEGUN,
        Point.EDIT_REPAIRED,
    ),
    _seconds(
        "rollback",
        "Rollback",
        "from typing the command until every visitor of production gets the earlier release",
        Chapter.ROLLBACK,
        Point.ROLLBACK_BEGUN,
        Point.ROLLED_BACK,
    ),
    Measure(
        key="commands",
        title="Commands typed by a person",
        meaning="in the whole scenario",
        unit=Unit.COUNT,
        of=_commands,
        whole=True,
    ),
    Measure(
        key="attended",
        title="Time a person waited",
        meaning="sum over these commands",
        unit=Unit.SECONDS,
        of=_attended,
        whole=True,
    ),
    Measure(
        key="duration",
        title="Whole scenario",
        meaning="from the first visitor to the last",
        unit=Unit.SECONDS,
        of=_duration,
        better=Better.NEITHER,
        whole=True,
        caveat="It holds the time in which nobody looked, which is chosen with --unattended.",
    ),
    Measure(
        key="served",
        title="Requests served",
        meaning="of all visitors, staging and production",
        unit=Unit.COUNT,
        of=_served,
        better=Better.NEITHER,
        whole=True,
        caveat="A longer run serves more.",
    ),
    Measure(
        key="failed_in_drift",
        title="Requests failed after a change by hand",
        meaning="while a container was stopped, or a limit edited, until repaired",
        unit=Unit.COUNT,
        of=_failed(drift=True),
        chapter=Chapter.DRIFT,
        better=Better.NEITHER,
        whole=True,
        caveat="Slow failures are fewer than quick ones: compare the seconds out of service.",
    ),
    Measure(
        key="failed",
        title="Requests failed otherwise",
        meaning="during everything else",
        unit=Unit.COUNT,
        of=_failed(drift=False),
        whole=True,
    ),
    Measure(
        key="answers",
        title="Questions answered from the record",
        meaning="true answers to the questions of the audit",
        unit=Unit.COUNT,
        of=_answers,
        chapter=Chapter.AUDIT,
        better=Better.MORE,
        whole=True,
    ),
)

"""What was recorded of two ways of delivering, as figures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.delivery.lab_measures import MEASURES, Measure, read
from sandbox.model.lab import (
    Better,
    BreakOff,
    Comparison,
    Figure,
    LabReport,
    Row,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.delivery.lab_measures import Reading
    from sandbox.model.lab import Chapter, Recording, Terms, Visit, Way

RUNS_LEAST: Final = 3
"""So many runs of each way it takes to claim a difference."""
HEADLINES: Final = (
    "out_of_service",
    "commit_to_production",
    "commands",
    "rollback",
    "answers",
    "staging_bug_found",
    "failing_test_refused",
    "attended",
)
"""Measures that matter most, most first."""
HEADLINES_MOST: Final = 3


def report_of(terms: Terms, recordings: Sequence[Recording]) -> LabReport:
    """
    Reckon every figure; one that was not measured says why.

    Total: a recording may lack anything.
    """
    return LabReport(
        terms=terms,
        rows=tuple(_row(measure, terms, recordings) for measure in MEASURES),
        recordings=tuple(recordings),
        breakoffs=tuple(each for one in recordings for each in _breakoffs(one, terms.chapters)),
    )


def headline(report: LabReport) -> tuple[Row, ...]:
    """
    The three figures that matter most of those that were measured.
    """
    by_key = {row.key: row for row in report.shown}
    rows = (by_key[key] for key in HEADLINES if key in by_key)
    measured = [row for row in rows if any(figure.values for _, figure in row.figures)]
    return tuple(measured[:HEADLINES_MOST])


def compared(better: Better, figures: Sequence[tuple[Way, Figure]]) -> Comparison:
    """
    Say which way is better, if enough runs of both ways were measured and no ranges overlap.

    Ranges that only touch overlap.
    """
    if better is Better.NEITHER:
        return Comparison(verdict=Verdict.NEITHER)
    measured = [(way, figure) for way, figure in figures if figure.values]
    if len(measured) != 2:  # noqa: PLR2004 - a difference is one of two
        return Comparison(verdict=Verdict.ONE_SIDED)
    if any(len(figure.values) < RUNS_LEAST for _, figure in measured):
        return Comparison(verdict=Verdict.TOO_FEW)
    (lower, low), (upper, high) = sorted(measured, key=lambda each: max(each[1].values))
    if max(low.values) >= min(high.values):
        return Comparison(verdict=Verdict.OVERLAP)
    winner = lower if better is Better.LESS else upper
    return Comparison(verdict=Verdict.DIFFERENT, winner=winner)


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


def _row(measure: Measure, terms: Terms, recordings: Sequence[Recording]) -> Row:
    ways = tuple(dict.fromkeys(each.way for each in recordings))
    figures = tuple(
        (
            way,
            _figure(
                [read(measure, each, terms.chapters) for each in recordings if each.way is way]
            ),
        )
        for way in ways
    )
    return Row(
        key=measure.key,
        title=measure.title,
        meaning=measure.meaning,
        unit=measure.unit,
        better=measure.better,
        figures=figures,
        comparison=compared(measure.better, figures),
        caveat=measure.caveat,
        left_out=measure.chapter is not None and measure.chapter not in terms.chapters,
    )


def _figure(readings: Sequence[Reading]) -> Figure:
    """The figure of one way, of what each of its runs says."""
    reasons = dict.fromkeys(each.reason for each in readings if each.value is None)
    return Figure(
        values=tuple(each.value for each in readings if each.value is not None),
        out_of=max((each.out_of for each in readings), default=0),
        reason="; ".join(reasons),
    )


def _breakoffs(recording: Recording, asked: Sequence[Chapter]) -> Iterator[BreakOff]:
    """Each chapter that broke off, then the run itself."""
    begun = {run.chapter for run in recording.chapters}
    for run in recording.chapters:
        if run.problem:
            yield BreakOff(
                way=recording.way,
                run=recording.run,
                chapter=run.chapter,
                message=run.problem,
                missing=_missing(recording, asked, {run.chapter, None}),
            )
    if recording.problem:
        yield BreakOff(
            way=recording.way,
            run=recording.run,
            chapter=None,
            message=recording.problem,
            missing=_missing(recording, asked, {*asked, None} - begun),
        )


def _missing(
    recording: Recording, asked: Sequence[Chapter], about: set[Chapter | None]
) -> tuple[str, ...]:
    """Keys of the measures *about* these chapters that *recording* lacks."""
    return tuple(
        measure.key
        for measure in MEASURES
        if measure.chapter in about and read(measure, recording, asked).broken
    )

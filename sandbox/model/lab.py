"""The laboratory: one scenario, gone through in each way of delivering, and measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How a commit gets to where it runs."""

    DEVOPS = "devops"
    """A pipeline pushes it, once."""
    GITOPS = "gitops"
    """A loop pulls what is committed, and keeps it so."""


class Chapter(StrEnum):
    """One part of the scenario, in the order in which they are gone through."""

    FEATURE = "feature"
    FAILING_TEST = "failing-test"
    STAGING_BUG = "staging-bug"
    DRIFT = "drift"
    ROLLBACK = "rollback"
    AUDIT = "audit"


NEEDS_A_RELEASE = frozenset({Chapter.ROLLBACK, Chapter.AUDIT})
"""Chapters that make sense only after the feature was released."""


class Point(StrEnum):
    """A moment that figures are reckoned from or to."""

    COMMITTED = "committed"
    STAGING_SERVES = "staging_serves"
    """From here on every visitor of staging is answered by the new release."""
    PRODUCTION_SERVES = "production_serves"
    REFUSED = "refused"
    """The way said no."""
    RESTORED = "restored"
    """From here on every visitor of staging is answered by a good release again."""
    STOPPED = "stopped"
    """Somebody stopped a container of production by hand."""
    STOP_DETECTED = "stop_detected"
    """The way itself noticed; not: a person looked."""
    STOP_REPAIR_BEGUN = "stop_repair_begun"
    STOP_REPAIRED = "stop_repaired"
    EDITED = "edited"
    """Somebody edited a limit of a container of production by hand."""
    EDIT_DETECTED = "edit_detected"
    EDIT_REPAIR_BEGUN = "edit_repair_begun"
    EDIT_REPAIRED = "edit_repaired"
    ROLLBACK_BEGUN = "rollback_begun"
    ROLLED_BACK = "rolled_back"
    """From here on every visitor of production is answered by the earlier release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    One request of a visitor.

    Attributes:
        at: When it ended, in seconds since the epoch.
        seconds: How long it took.
        release: Which release answered, as it says itself; empty when none did.
        failure: What went wrong, short and countable; empty when all went well.
    """

    at: float
    seconds: float
    environment: str
    release: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCommand:
    """
    A command that a person typed.

    Attributes:
        at: When, in seconds since the epoch.
        seconds: How long it took until the next could be typed.
        status: Its exit status.
    """

    at: float
    seconds: float
    chapter: Chapter
    line: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """
    When a point was reached.

    Attributes:
        at: Seconds since the epoch; ``None`` when it was not, and *message* says why.
        message: What happened, in a line.
    """

    chapter: Chapter
    point: Point
    at: float | None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterRun:
    """
    One chapter as it was gone through; times are seconds since the epoch.

    Attributes:
        bad_release: Release that should reach no visitor; empty when there is none.
        problem: Why the chapter could not be gone through to its end; empty when it was.
    """

    chapter: Chapter
    began_at: float
    ended_at: float
    bad_release: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What the record says to a question of an audit.

    Attributes:
        truth: What the laboratory saw or did itself.
        answer: What the record says; empty when it says nothing.
        source: The command that was asked.
    """

    question: str
    truth: str
    answer: str
    source: str

    @property
    def correct(self) -> bool:
        """The record has the answer, and it is true."""
        return bool(self.answer) and self.answer == self.truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """
    One way, as it was recorded.

    Attributes:
        began_at: When visitors began to come; *ended_at*: when they went.
        load: How many processes wanted to run, on average, in the minute before this way began; a
            load of others makes its figures worse.
        visits: In order of their ends.
        releases: A word for each release that may have answered, by its id.
        run: Number of this run of the way, from 1.
        problem: Why the run ended before its last chapter; empty when it did not.
        leftover: What could not be removed after it, and why; empty when all was removed.
    """

    way: Way
    began_at: float
    ended_at: float
    run: int = 1
    problem: str = ""
    leftover: str = ""
    load: float = 0.0
    chapters: tuple[ChapterRun, ...] = ()
    visits: tuple[Visit, ...] = ()
    commands: tuple[TypedCommand, ...] = ()
    marks: tuple[Mark, ...] = ()
    answers: tuple[Answer, ...] = ()
    releases: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What both ways had in common.

    Attributes:
        began_at: Seconds since the epoch.
        machine: Processor cores and engine, in a line.
        unattended_s: How long nobody looked after something had been changed by hand.
        visitors: How many came to each environment; *pause_s*: their pause between requests.
        chapters: What each run was to go through; all others were left out.
        runs: How often each way was to be gone through.
    """

    began_at: float
    machine: str
    unattended_s: float
    visitors: int
    pause_s: float
    chapters: tuple[Chapter, ...] = tuple(Chapter)
    runs: int = 1


class Unit(StrEnum):
    """What a figure counts."""

    SECONDS = "s"
    COUNT = "count"
    PER_SECOND = "1/s"


class Better(StrEnum):
    """Which of two figures of a measure is the better one."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"
    """The figure describes the run; it is no merit of a way."""


class Verdict(StrEnum):
    """What the figures of both ways allow to say about their difference."""

    DIFFERENT = "different"
    """Enough runs measured it, and their ranges do not overlap."""
    OVERLAP = "overlap"
    """The ranges overlap: no difference is claimed."""
    TOO_FEW = "too_few"
    """Too few runs measured it to know the spread: no difference is claimed."""
    ONE_SIDED = "one_sided"
    """Fewer than two ways have a figure."""
    NEITHER = "neither"
    """Neither less nor more is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    Verdict on one measure.

    Attributes:
        winner: The better way; ``None`` unless the verdict is `Verdict.DIFFERENT`.
    """

    verdict: Verdict
    winner: Way | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """
    One cell of the table.

    Attributes:
        values: Of each run that measured it, in the order of the runs.
        out_of: The most that it could have been; 0 when there is no such number.
        reason: Why some run, or none, measured it; empty when all did.
    """

    values: tuple[float, ...] = ()
    out_of: int = 0
    reason: str = ""

    @property
    def value(self) -> float | None:
        """Median of the runs; ``None`` when no run measured it."""
        if not self.values:
            return None
        ordered, half = sorted(self.values), len(self.values) // 2
        if len(ordered) % 2:
            return ordered[half]
        return round((ordered[half - 1] + ordered[half]) / 2, 3)

    @property
    def least(self) -> float | None:
        """Smallest value of a run."""
        return min(self.values, default=None)

    @property
    def most(self) -> float | None:
        """Largest value of a run."""
        return max(self.values, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One measure, and its figure for each way that was recorded.

    Attributes:
        key: Of the JSON document.
        meaning: From what to what, or what is counted.
        caveat: What must not be concluded from it; empty when there is nothing to warn of.
        left_out: Its chapter was not asked for.
    """

    key: str
    title: str
    meaning: str
    unit: Unit
    better: Better
    figures: tuple[tuple[Way, Figure], ...]
    comparison: Comparison
    caveat: str = ""
    left_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakOff:
    """
    A part that was begun or asked for and did not come to its end.

    Attributes:
        chapter: The chapter that broke off; ``None``: the run ended before its last chapter.
        message: Why.
        missing: Keys of the measures that this run lacks because of it.
    """

    way: Way
    run: int
    chapter: Chapter | None
    message: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport:
    """
    Everything that came of one call of the laboratory.

    Attributes:
        rows: Of all measures, in the order of the table.
        recordings: In the order in which they were made.
    """

    terms: Terms
    rows: tuple[Row, ...]
    recordings: tuple[Recording, ...]
    breakoffs: tuple[BreakOff, ...] = ()

    @property
    def shown(self) -> tuple[Row, ...]:
        """Rows of the chapters that were asked for."""
        return tuple(row for row in self.rows if not row.left_out)

    @property
    def complete(self) -> bool:
        """Every run of both ways was made, and nothing broke off."""
        return not self.breakoffs and len(self.recordings) == len(Way) * self.terms.runs

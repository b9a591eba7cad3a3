"""Recordings of the laboratory, made by hand: small enough to reckon every figure in one's head."""

from __future__ import annotations

from dataclasses import replace

from sandbox.delivery.lab import report_of
from sandbox.model.lab import (
    Answer,
    Chapter,
    ChapterRun,
    LabReport,
    Mark,
    Point,
    Recording,
    Terms,
    TypedCommand,
    Visit,
    Way,
)

OLD, NEW, BAD = "a" * 40, "b" * 40, "c" * 40
BEGAN = 1_790_000_000.0
TERMS = Terms(
    began_at=BEGAN,
    machine="2 cores, engine 26.1.5",
    unattended_s=20.0,
    visitors=2,
    pause_s=0.05,
    chapters=(Chapter.FEATURE, Chapter.STAGING_BUG, Chapter.DRIFT, Chapter.AUDIT),
)
QUESTION = "Which release did production run at 14:05:00?"


def visit(
    at: float, release: str = OLD, *, environment: str = "production", failure: str = ""
) -> Visit:
    return Visit(
        at=BEGAN + at,
        seconds=0.01,
        environment=environment,
        release="" if failure else release,
        failure=failure,
    )


def mark(chapter: Chapter, point: Point, at: float | None, message: str = "") -> Mark:
    return Mark(
        chapter=chapter, point=point, at=None if at is None else BEGAN + at, message=message
    )


def run(chapter: Chapter, began: float, ended: float, **more: str) -> ChapterRun:
    return ChapterRun(chapter=chapter, began_at=BEGAN + began, ended_at=BEGAN + ended, **more)


def recording(way: Way = Way.GITOPS) -> Recording:
    """A minute: a feature, a bug, and a container that is stopped from second 40 to 50."""
    healed = way is Way.GITOPS
    return Recording(
        way=way,
        began_at=BEGAN,
        ended_at=BEGAN + 60,
        load=0.4 if healed else 1.25,
        chapters=(
            run(Chapter.FEATURE, 0, 10),
            run(Chapter.STAGING_BUG, 10, 40, bad_release=BAD),
            run(Chapter.DRIFT, 40, 55),
            run(Chapter.AUDIT, 55, 60),
        ),
        visits=tuple(
            visit(
                second + part,
                failure="status 503"
                if environment == "production" and 40 <= second < (42 if healed else 50)
                else "",
                release=_release(environment, second),
                environment=environment,
            )
            for second in range(60)
            for part in (0.25, 0.75)
            for environment in ("production", "staging")
        ),
        commands=(
            TypedCommand(
                at=BEGAN + 1,
                seconds=0.5,
                chapter=Chapter.FEATURE,
                line="git commit -am 'A <b>bold</b> feature'",
                status=0,
            ),
            TypedCommand(
                at=BEGAN + 4,
                seconds=3.5,
                chapter=Chapter.FEATURE,
                line="sandbox promote production --wait",
                status=0,
            ),
        ),
        marks=(
            mark(Chapter.FEATURE, Point.COMMITTED, 1.5),
            mark(Chapter.FEATURE, Point.STAGING_SERVES, 3.25),
            mark(Chapter.FEATURE, Point.PRODUCTION_SERVES, 8.25),
            mark(Chapter.DRIFT, Point.STOPPED, 40),
            mark(Chapter.DRIFT, Point.STOP_DETECTED, 40.5)
            if healed
            else mark(Chapter.DRIFT, Point.STOP_DETECTED, None, "not noticed within 10 s"),
            mark(Chapter.DRIFT, Point.STOP_REPAIR_BEGUN, 40.5 if healed else 49),
            mark(Chapter.DRIFT, Point.STOP_REPAIRED, 42 if healed else 50),
        ),
        answers=(
            Answer(question=QUESTION, truth=NEW, answer=NEW, source="sandbox history production"),
            Answer(
                question="Who decided it?",
                truth="Olga Operator",
                answer="Olga Operator" if healed else "",
                source="git log",
            ),
        ),
        releases=((OLD, "first"), (NEW, "feature"), (BAD, "bug")),
    )


def _release(environment: str, second: int) -> str:
    if environment == "staging" and 12 <= second < 20:
        return BAD
    return NEW if second >= (3 if environment == "staging" else 8) else OLD


def report() -> LabReport:
    """Both ways."""
    return report_of(TERMS, [recording(Way.DEVOPS), recording(Way.GITOPS)])


def slower(recorded: Recording, run: int, seconds: float) -> Recording:
    """The same as run number *run*, in which production serves *seconds* later."""
    late = {Point.PRODUCTION_SERVES, Point.STOP_REPAIRED}
    marks = tuple(
        replace(each, at=each.at + seconds) if each.at and each.point in late else each
        for each in recorded.marks
    )
    return replace(recorded, run=run, marks=marks)


def repeated(*delays_s: float) -> LabReport:
    """Both ways in turn, each run slower than the recording by one of *delays_s*."""
    recordings = [
        slower(recording(way), run, delay)
        for run, delay in enumerate(delays_s, 1)
        for way in (Way.DEVOPS, Way.GITOPS)
    ]
    return report_of(replace(TERMS, runs=len(delays_s)), recordings)


NOBODY = "production did not come up: nobody answers at port 8081"


def broken() -> LabReport:
    """DevOps loses its engine in the drift, GitOps does not come up at all."""
    lost = replace(
        recording(Way.DEVOPS),
        ended_at=BEGAN + 45,
        problem="the engine went away",
        chapters=(
            run(Chapter.FEATURE, 0, 10),
            run(Chapter.STAGING_BUG, 10, 40, bad_release=BAD),
            run(Chapter.DRIFT, 40, 45, problem="the engine went away"),
        ),
        visits=tuple(each for each in recording(Way.DEVOPS).visits if each.at < BEGAN + 45),
        marks=tuple(
            each
            for each in recording(Way.DEVOPS).marks
            if each.point not in {Point.STOP_REPAIR_BEGUN, Point.STOP_REPAIRED}
        ),
        answers=(),
    )
    nothing = Recording(way=Way.GITOPS, began_at=BEGAN, ended_at=BEGAN, problem=NOBODY)
    return report_of(TERMS, [lost, nothing])

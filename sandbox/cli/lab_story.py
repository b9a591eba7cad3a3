"""
The scenario of the laboratory, gone through in one way.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, assert_never

from sandbox.cli.lab_audit import Audit, quiet_moment
from sandbox.cli.lab_ground import PRODUCTION, STAGING, Ground
from sandbox.cli.lab_ways import PRACTICES, Practice
from sandbox.delivery.lab_changes import FAILING_TEST, STAGING_BUG, changed
from sandbox.errors import NotFoundError, SandboxError
from sandbox.model.lab import Chapter, ChapterRun, Point, Recording, Way
from sandbox.model.observed import ContainerState
from sandbox.render.demo import THEME, with_headline
from sandbox.runtime.containers import find_container

if TYPE_CHECKING:
    from sandbox.delivery.lab_changes import SourceChange
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.service import Limits

SERVED, EDITED = "web", "worker"
"""Services of which a container is stopped, and a limit edited."""
_LIMIT = "96m"
INTERRUPTED = "interrupted"


@dataclass(slots=True, kw_only=True)
class Story:
    """
    One way's run of the scenario.

    Attributes:
        unattended_s: How long nobody looks after something was changed by hand.
        _bad: Release of the current chapter that should reach nobody.
    """

    ground: Ground
    practice: Practice
    unattended_s: float
    _first: str = ""
    _bad: str = ""
    _load: float = 0.0
    _began_at: float = 0.0

    def run(self, chapters: tuple[Chapter, ...]) -> None:
        """
        Bring the environments up, then go through *chapters* while visitors come.

        A chapter that breaks off says why in its record, and the next one begins.

        Raises:
            SandboxError: The environments did not come up.
        """
        self._load = round(os.getloadavg()[0], 2)
        self.ground.say("both environments come up")
        self.practice.begin()
        self._began_at = self.ground.now()
        with self.ground.visited():
            self._meet_first()
            for chapter in chapters:
                self._go_through(chapter)

    def recording(self, run: int, problem: str) -> Recording:
        """
        Give what was recorded so far, as run number *run*; *problem* says why it ended early.
        """
        now = self.ground.now()
        return Recording(
            way=self.practice.way,
            began_at=self._began_at or now,
            ended_at=now,
            run=run,
            problem=problem,
            load=self._load,
            chapters=tuple(self.ground.chapters),
            visits=self.ground.seen(),
            commands=tuple(self.ground.commands),
            marks=tuple(self.ground.marks),
            answers=tuple(self.ground.answers),
            releases=tuple(self.ground.releases.items()),
        )

    def _meet_first(self) -> None:
        answering = self.ground.answering
        self.ground.wait(
            lambda: bool(answering(STAGING) and answering(PRODUCTION)), "both to answer visitors"
        )
        self._first = answering(PRODUCTION)
        self.ground.releases |= {answering(STAGING): "first", self._first: "first"}

    def _go_through(self, chapter: Chapter) -> None:
        self.ground.chapter = chapter
        self.ground.say(f"-- {chapter.value.replace('-', ' ')}")
        self._bad = ""
        began, problem = self.ground.now(), INTERRUPTED
        try:
            self._chapter(chapter)
            problem = ""
        except SandboxError as error:
            problem = as_problem(error)
            self.ground.say(f"broke off: {problem}")
        except Exception as error:
            problem = as_problem(error)
            raise
        finally:
            run = ChapterRun(
                chapter=chapter,
                began_at=began,
                ended_at=self.ground.now(),
                bad_release=self._bad,
                problem=problem,
            )
            self.ground.chapters.append(run)

    def _chapter(self, chapter: Chapter) -> None:
        match chapter:
            case Chapter.FEATURE:
                self._feature()
            case Chapter.FAILING_TEST:
                self._bad_commit(FAILING_TEST, "failing test", deployed=False)
            case Chapter.STAGING_BUG:
                self._bad_commit(STAGING_BUG, "bug", deployed=True)
            case Chapter.DRIFT:
                self._stop()
                self._edit()
            case Chapter.ROLLBACK:
                self._rollback()
            case Chapter.AUDIT:
                self._audit()
            case _:
                assert_never(chapter)

    def _feature(self) -> None:
        headline = f"Tea for {self.ground.workspace.repository.instance}"
        change = partial(with_headline, headline=headline)
        commit = self.ground.commit(THEME, change, f"Say: {headline}")
        self.ground.releases[commit] = "feature"
        self.ground.mark(Point.COMMITTED, self.ground.now())
        self.practice.deliver(commit)
        self.practice.release()
        for name, point in (
            (STAGING, Point.STAGING_SERVES),
            (PRODUCTION, Point.PRODUCTION_SERVES),
        ):
            self.ground.mark(point, self.ground.settled(name, commit))

    def _bad_commit(self, change: SourceChange, word: str, *, deployed: bool) -> None:
        good = self.ground.answering(STAGING)
        self._bad = self.ground.commit(
            change.path, lambda text: changed(text, change), change.message
        )
        self.ground.releases[self._bad] = word
        self.ground.mark(Point.COMMITTED, self.ground.now())
        refusal = self.practice.judged(self._bad)
        if refusal is None:
            self.ground.mark(Point.REFUSED, None, "nothing refused it")
            self.ground.revert()
            return
        self.ground.mark(Point.REFUSED, refusal.at, refusal.reason)
        self.ground.say(f"refused: {refusal.reason.splitlines()[0]}")
        self.practice.take_back(good, partial(self._revert, f"fix of {word}"), deployed=deployed)

    def _revert(self, word: str) -> str:
        fix = self.ground.revert()
        self.ground.releases[fix] = word
        return fix

    def _stop(self) -> None:
        victim = self._container(SERVED)
        release = self.ground.answering(PRODUCTION)
        began = self.ground.now()
        self.ground.say(f"somebody stops {victim.name}")
        self.ground.workspace.engine.stop_container(victim.id, 0.0)
        self.ground.mark(Point.STOPPED, began)
        detected, why = self.practice.detected(began, self.unattended_s)
        self.ground.mark(Point.STOP_DETECTED, detected, why)
        repairing = self.practice.repair(release, detected)
        self.ground.mark(Point.STOP_REPAIR_BEGUN, repairing)
        self.ground.wait(partial(self._serves_again, victim, began), "production to serve again")
        self.ground.mark(Point.STOP_REPAIRED, self._served_since(began))

    def _edit(self) -> None:
        victim = self._container(EDITED)
        committed = victim.limits
        release = self.ground.answering(PRODUCTION)
        self.ground.say(f"somebody gives {victim.name} another limit of memory")
        began = self.ground.now()
        self.ground.prepare(
            *("docker", "update", "--memory", _LIMIT, "--memory-swap", _LIMIT, victim.id)
        )
        self.ground.mark(Point.EDITED, began)
        detected, why = self.practice.detected(began, self.unattended_s)
        self.ground.mark(Point.EDIT_DETECTED, detected, why)
        repairing = self.practice.repair(release, detected)
        self.ground.mark(Point.EDIT_REPAIR_BEGUN, repairing)
        self.ground.wait(partial(self._has, committed), "the limit to be the committed one")
        self.ground.mark(Point.EDIT_REPAIRED, self.ground.now())

    def _rollback(self) -> None:
        if self.ground.answering(PRODUCTION) == self._first:
            raise NotFoundError("production runs its first release: there is none before it")
        self.ground.mark(Point.ROLLBACK_BEGUN, self.ground.now())
        self.practice.roll_back(self._first)
        self.ground.mark(Point.ROLLED_BACK, self.ground.settled(PRODUCTION, self._first))

    def _audit(self) -> None:
        at = quiet_moment(self.ground)
        if at is None:
            raise NotFoundError("the feature was never released")
        audit = Audit(
            ground=self.ground,
            way=self.practice.way,
            at=at,
            release=self._answering_at(at),
            drifted=any(mark.point is Point.EDIT_REPAIRED for mark in self.ground.marks),
        )
        self.ground.answers.extend(audit.answers())

    def _answering_at(self, at: float) -> str:
        """
        Give the release that answered the last visitor of production before *at*.
        """
        answers = (each for each in reversed(self.ground.seen()) if each.at <= at)
        well = (each for each in answers if each.environment == PRODUCTION and not each.failure)
        return next((each.release for each in well), "")

    def _container(self, service: str) -> ObservedContainer:
        return find_container(self.ground.workspace, PRODUCTION, service)

    def _has(self, committed: Limits) -> bool:
        """
        Tell whether the container that was edited, or its successor, runs with *committed*.
        """
        with suppress(NotFoundError):
            found = self._container(EDITED)
            return found.state is ContainerState.RUNNING and found.limits == committed
        return False

    def _serves_again(self, victim: ObservedContainer, after: float) -> bool:
        """
        Another container runs, or the same again, and the last visitor was served.
        """
        with suppress(NotFoundError):
            found = self._container(SERVED)
            alive = found.state is ContainerState.RUNNING and found.started_at != victim.started_at
            newest = [each for each in self.ground.seen() if each.environment == PRODUCTION][-1]
            return alive and not newest.failure and newest.at > max(after, found.started_at)
        return False

    def _served_since(self, began: float) -> float:
        """
        Since when every visitor has been served again; where none failed, the container's start.
        """
        since = self.ground.now()
        for visit in reversed(self.ground.seen()):
            if visit.environment != PRODUCTION:
                continue
            if visit.failure or visit.at < began:
                break
            since = visit.at
        return max(since, self._container(SERVED).started_at)


def story_of(way: Way, ground: Ground, *, unattended_s: float) -> Story:
    """
    Prepare one way's run of the scenario on *ground*.
    """
    practice = PRACTICES[way](ground)
    return Story(ground=ground, practice=practice, unattended_s=unattended_s)


def as_problem(error: BaseException) -> str:
    """
    Why a run or a chapter ended early, for the record.
    """
    match error:
        case SandboxError():
            return f"{error.message} (try: {error.remedy})" if error.remedy else error.message
        case KeyboardInterrupt():
            return INTERRUPTED
        case _:
            return f"a mistake in sandbox itself: {type(error).__name__}: {error}"

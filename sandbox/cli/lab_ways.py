"""
What a person does in each way of delivering, and what is left to the way itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sandbox.cli.lab_ground import PRODUCTION, STAGING, Ground, Person
from sandbox.errors import HeldError, SandboxError
from sandbox.model.event import EventKind
from sandbox.model.lab import Point, Way
from sandbox.model.pipeline import StageKind, StageStatus
from sandbox.model.status import Health, SyncStatus
from sandbox.override import override
from sandbox.render.text import duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.pipeline import PipelineRun, StageRecord

_DETECT_S = 60.0
_ENDED_BADLY = {StageStatus.FAILED, StageStatus.ERRORED, StageStatus.ABORTED}


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    A way said no, at *at*, in seconds since the epoch.
    """

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Practice(ABC):
    """
    One way of delivering on *ground*.
    """

    ground: Ground
    way: ClassVar[Way]

    @abstractmethod
    def begin(self) -> None:
        """
        Bring both environments up.
        """

    @abstractmethod
    def deliver(self, commit: str) -> None:
        """
        Bring *commit* to staging, and wait until it may go on.
        """

    @abstractmethod
    def release(self) -> None:
        """
        Bring what was delivered last to production.
        """

    @abstractmethod
    def judged(self, commit: str) -> Refusal | None:
        """
        Have *commit* judged; ``None`` when nothing stops it on its way to staging.
        """

    @abstractmethod
    def take_back(self, good: str, revert: Callable[[], str], *, deployed: bool) -> None:
        """
        Bring staging back from a bad commit, to *good* or to the commit that *revert* makes.

        Marks `Point.RESTORED` if it was *deployed*.
        """

    @abstractmethod
    def detected(self, after: float, unattended_s: float) -> tuple[float | None, str]:
        """
        Wait until production is seen to have been changed by hand; when, or why not.
        """

    @abstractmethod
    def repair(self, release: str, detected_at: float | None) -> float:
        """
        See to it that production becomes *release* again; give when that began.
        """

    @abstractmethod
    def roll_back(self, release: str) -> None:
        """
        Bring production back to *release*, the one before.
        """

    def drift_events(self, after: float) -> list[float]:
        """
        When the way noticed, since *after*, that production is not as it should be.
        """
        events = self.ground.workspace.journal.events(limit=500)
        return [
            event.at
            for _, event in events
            if event.environment == PRODUCTION
            and event.kind is EventKind.DRIFT
            and event.at >= after
        ]


class GitOps(Practice):
    """
    A loop pulls: people commit, and look.
    """

    __slots__ = ()
    way = Way.GITOPS

    @override
    def begin(self) -> None:
        self.ground.prepare("sandbox", "up")

    @override
    def deliver(self, commit: str) -> None:
        self.ground.type(
            Person.OPERATOR, "sandbox", "wait", STAGING, "--revision", commit[:12], "--healthy"
        )

    @override
    def release(self) -> None:
        self.ground.type(Person.OPERATOR, "sandbox", "promote", PRODUCTION, "--wait")

    @override
    def judged(self, commit: str) -> Refusal | None:
        self.ground.wait(
            lambda: self._refusal(commit) is not None or self._is_served(commit),
            f"a verdict on {commit[:7]}",
        )
        return self._refusal(commit)

    @override
    def take_back(self, good: str, revert: Callable[[], str], *, deployed: bool) -> None:
        if deployed:
            # Nobody has typed anything so far.
            self.ground.mark(Point.RESTORED, self.ground.settled(STAGING, good))
        fix = revert()
        self.ground.wait(lambda: self._is_served(fix), f"staging to serve {fix[:7]}")

    @override
    def detected(self, after: float, unattended_s: float) -> tuple[float | None, str]:
        if self.ground.watch(lambda: bool(self.drift_events(after)), _DETECT_S):
            return self.drift_events(after)[0], ""
        return None, f"not noticed within {duration(_DETECT_S)}"

    @override
    def repair(self, release: str, detected_at: float | None) -> float:
        return self.ground.now() if detected_at is None else detected_at

    @override
    def roll_back(self, release: str) -> None:
        self.ground.type(Person.OPERATOR, "sandbox", "rollback", PRODUCTION, "--wait")

    def _refusal(self, commit: str) -> Refusal | None:
        found = self.ground.workspace.journal.quarantined(STAGING)
        if found is None or found.revision != commit:
            return None
        return Refusal(found.since, found.reason)

    def _is_served(self, commit: str) -> bool:
        (status,) = self.ground.workspace.control().status((STAGING,))
        there = (status.revision, status.sync, status.health)
        return there == (commit, SyncStatus.SYNCED, Health.HEALTHY)


class DevOps(Practice):
    """
    A pipeline pushes: people run it, and look.
    """

    __slots__ = ()
    way = Way.DEVOPS

    @override
    def begin(self) -> None:
        self.ground.prepare("sandbox", "pipeline", "run", "--approve")

    @override
    def deliver(self, commit: str) -> None:
        waiting = self._pushed(commit)
        if waiting.status is not StageStatus.WAITING:
            raise HeldError(f"the pipeline ended at {waiting.stage.name}: {waiting.message}")

    @override
    def release(self) -> None:
        number = str(self._newest().number)
        words = ("sandbox", "pipeline", "run", "--resume", number, "--approve")
        self.ground.type(Person.OPERATOR, *words)

    @override
    def judged(self, commit: str) -> Refusal | None:
        record = self._pushed(commit)
        if record.status not in _ENDED_BADLY:
            return None
        where = f"{record.stage.name}: {record.message}"
        return Refusal(record.started_at + record.seconds, where)

    @override
    def take_back(self, good: str, revert: Callable[[], str], *, deployed: bool) -> None:
        fix = revert()
        if deployed:
            self._pushed(fix)
            self.ground.mark(Point.RESTORED, self.ground.settled(STAGING, fix))

    @override
    def detected(self, after: float, unattended_s: float) -> tuple[float | None, str]:
        if self.ground.watch(lambda: bool(self.drift_events(after)), unattended_s):
            return self.drift_events(after)[0], ""
        why = "nothing looks after what a pipeline has pushed"
        return None, f"not noticed within {duration(unattended_s)}: {why}"

    @override
    def repair(self, release: str, detected_at: float | None) -> float:
        began = self.ground.now()
        self._run_all(release)
        return began

    @override
    def roll_back(self, release: str) -> None:
        self._run_all(release)

    def _run_all(self, release: str) -> None:
        words = ("sandbox", "pipeline", "run", release[:12], "--approve")
        self.ground.type(Person.OPERATOR, *words)

    def _pushed(self, commit: str) -> StageRecord:
        """
        Run the pipeline for *commit*; give the stage that it ended at.
        """
        words = ("sandbox", "pipeline", "run", commit[:12])
        ended = self.ground.type(Person.OPERATOR, *words, may_fail=True)
        run = self._newest()
        if run.revision != commit:
            raise SandboxError(f"the pipeline did not begin:\n{ended.errors.strip()}")
        left = [each for each in run.stages if each.status is not StageStatus.SUCCEEDED]
        return left[0] if left else run.stages[-1]

    def _newest(self) -> PipelineRun:
        (run,) = self.ground.workspace.runs.newest(1)
        return run


def released_at(run: PipelineRun, environment: str) -> float | None:
    """
    When *run* had brought itself to *environment*; ``None`` when it did not.
    """
    for record in run.stages:
        about = record.stage.kind is StageKind.RELEASE and environment in record.stage.environments
        if about and record.status is StageStatus.SUCCEEDED:
            return record.started_at + record.seconds
    return None


PRACTICES: dict[Way, type[Practice]] = {Way.DEVOPS: DevOps, Way.GITOPS: GitOps}

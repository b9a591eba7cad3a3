"""
The runs of the laboratory: each way as often as was asked for, and what remains when one breaks.
"""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from sandbox.cli.invocation import Invocation
from sandbox.cli.lab_ground import PAUSE_S, VISITORS, Ground, ground
from sandbox.cli.lab_story import as_problem, story_of
from sandbox.delivery.lab import report_of
from sandbox.errors import SandboxError
from sandbox.model.lab import Chapter, LabReport, Recording, Terms, Way
from sandbox.render.demo import line
from sandbox.render.lab import breakoff_text, missing_text, run_name
from sandbox.runtime.workspace import Workspace
from sandbox.words import count


@dataclass(slots=True, kw_only=True)
class LabRuns:
    """
    All runs of one call, both ways in turn, so that a change of the machine meets both.

    Attributes:
        repeat: How often each way is gone through.
        keep: Leave repositories and containers.
        recordings: Of the runs so far, in order; one that broke off holds what it has.
    """

    invocation: Invocation
    chapters: tuple[Chapter, ...]
    unattended_s: float
    repeat: int
    keep: bool
    recordings: list[Recording] = field(default_factory=list[Recording])
    _terms: Terms | None = None

    def make(self) -> None:
        """
        Make all runs; one that breaks off is recorded, and the next one begins.

        Raises:
            SandboxError: The first run could not even begin: nothing was recorded.
        """
        for number in range(1, self.repeat + 1):
            for way in Way:
                self._run(way, number)

    def report(self) -> LabReport | None:
        """
        Give the report of what was recorded so far; ``None`` when no run has begun.
        """
        return report_of(self._terms, self.recordings) if self._terms else None

    def _run(self, way: Way, number: int) -> None:
        before = len(self.recordings)
        try:
            with self._ground(way, number) as made:
                self._terms = self._terms or self._terms_of(made.workspace)
                self._record(way, number, made)
        except SandboxError as error:
            if self._terms is None:
                raise
            if len(self.recordings) == before:
                self.recordings.append(_nothing(way, number, self._terms, error))
            else:
                self.recordings[-1] = replace(self.recordings[-1], leftover=as_problem(error))
        else:
            self.recordings[-1] = replace(self.recordings[-1], leftover=made.leftover)

    def _record(self, way: Way, number: int, made: Ground) -> None:
        """
        Go through the scenario; whatever ends it, what it has so far is kept.
        """
        story = story_of(way, made, unattended_s=self.unattended_s)
        problem = ""
        try:
            story.run(self.chapters)
        except SandboxError as error:
            problem = as_problem(error)
            made.say(f"broke off: {problem}")
        except BaseException as error:
            problem = as_problem(error)
            raise
        finally:
            self.recordings.append(story.recording(number, problem))

    def _ground(self, way: Way, number: int) -> AbstractContextManager[Ground]:
        """
        Prepare the ground of this run, and say which one it is.
        """
        invocation = self.invocation

        def say(text: str) -> None:
            tick(0)
            invocation.note(line(text))

        def tick(waited: int) -> None:
            if invocation.live:
                sys.stderr.write(f"\r\x1b[K{line(f'{waited} s')}" if waited else "\r\x1b[K")
                sys.stderr.flush()

        name = run_name(way, number, self.repeat)
        of = "" if self.repeat == 1 else f" of {self.repeat}"
        invocation.note(f"\n{invocation.note_style.paint(name + of, 'bold')}")
        return ground(way.value, say, tick, keep=self.keep)

    def _terms_of(self, workspace: Workspace) -> Terms:
        cores = count(os.cpu_count() or 1, "core")
        return Terms(
            began_at=workspace.clock.now(),
            machine=f"{cores}, engine {workspace.engine.info().version}",
            unattended_s=self.unattended_s,
            visitors=VISITORS,
            pause_s=PAUSE_S,
            chapters=self.chapters,
            runs=self.repeat,
        )


def _nothing(way: Way, number: int, terms: Terms, error: SandboxError) -> Recording:
    """
    The record of a run that had no ground to begin on.
    """
    at = terms.began_at
    return Recording(way=way, run=number, began_at=at, ended_at=at, problem=as_problem(error))


def problem_of(report: LabReport) -> SandboxError | None:
    """
    Say what broke off or was left behind; ``None`` when nothing was.
    """
    lines = [
        f"{breakoff_text(each, report)}; {missing_text(each, report)}" for each in report.breakoffs
    ]
    lines += [
        f"{run_name(each.way, each.run, report.terms.runs)} left something behind: {each.leftover}"
        for each in report.recordings
        if each.leftover
    ]
    if not lines:
        return None
    told = "\n".join(lines)
    if not report.breakoffs:
        return SandboxError(f"the laboratory could not remove everything:\n{told}")
    chapters = dict.fromkeys(each.chapter for each in report.breakoffs)
    words = "".join(f" --scenario {chapter.value}" for chapter in chapters if chapter)
    again = f"sandbox lab{'' if None in chapters else words}"
    return SandboxError(
        f"the laboratory is not complete:\n{told}", remedy=f"put that right, then: {again}"
    )

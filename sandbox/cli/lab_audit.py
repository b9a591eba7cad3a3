"""
The audit: questions about a moment that is over, and what the record of each way says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.cli.lab_ground import PRODUCTION, Ground, Person
from sandbox.model.lab import Answer, Chapter, Point, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENV_FILE = f"environments/{PRODUCTION}/.env"
_PINNED = "RELEASE="


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """
    Questions about *at* (seconds since the epoch), asked by the operator on *ground*.

    Attributes:
        release: That answered every visitor of production then.
        drifted: Production was changed by hand meanwhile, and put right.
    """

    ground: Ground
    way: Way
    at: float
    release: str
    drifted: bool

    def answers(self) -> Iterator[Answer]:
        """
        Ask all questions, each with the command that the way offers for it.
        """
        release, who, source = (
            self._from_pipelines() if self.way is Way.DEVOPS else self._from_history()
        )
        word = datetime.fromtimestamp(self.at).astimezone().strftime("%H:%M:%S")
        yield Answer(
            question=f"Which release did production run at {word}?",
            truth=self.release,
            answer=release,
            source=source,
        )
        yield Answer(
            question="Who decided that?", truth=Person.OPERATOR.value, answer=who, source=source
        )
        if self.drifted:
            yield self._changed_by_hand()
        yield self._from_git_alone()

    def _from_history(self) -> tuple[str, str, str]:
        moment = datetime.fromtimestamp(self.at, UTC).isoformat()
        words = ("sandbox", "history", PRODUCTION, "--at", moment)
        (found,) = self._document(*words)["environments"]
        author = found["decision"]["author"] if found["decision"] else ""
        return found["release"] or "", author, " ".join(words)

    def _from_pipelines(self) -> tuple[str, str, str]:
        """
        The newest run that had released to production by then, and who approved it.
        """
        words = ("sandbox", "pipeline", "list")
        for run in self._document(*words)["pipelines"]:
            approved = [each["approved_by"] for each in run["stages"] if each["approved_by"]]
            if _released_by(run, self.at):
                return run["revision"], (approved or [run["author"]])[-1], " ".join(words)
        return "", "", " ".join(words)

    def _changed_by_hand(self) -> Answer:
        words = ("sandbox", "history", PRODUCTION)
        triggers = [each["trigger"] for each in self._document(*words)["history"]]
        return Answer(
            question="Was anything changed by hand, and put right?",
            truth="yes",
            answer="yes" if "drift" in triggers else "",
            source=" ".join(words),
        )

    def _from_git_alone(self) -> Answer:
        """
        What somebody can tell who has a clone of the repository and nothing else.
        """
        before = f"--before={int(self.at)}"
        words = ("git", "log", "-1", before, "--format=%H", "--", _ENV_FILE)
        commit = self.ground.type(Person.OPERATOR, *words).output.strip()
        content = self.ground.workspace.repository.read_file(commit, _ENV_FILE) if commit else None
        lines = (content or b"").decode().splitlines()
        pinned = [line.removeprefix(_PINNED) for line in lines if line.startswith(_PINNED)]
        return Answer(
            question="And according to Git alone?",
            truth=self.release,
            answer=(pinned or [""])[-1],
            source=" ".join(words),
        )

    def _document(self, *words: str) -> Any:  # noqa: ANN401 - JSON of our own command line
        said = self.ground.type(Person.OPERATOR, *words, "--output", "json").output
        return json.loads(said)


def _released_by(run: Any, at: float) -> bool:  # noqa: ANN401 - as above
    return any(
        stage["kind"] == "release"
        and PRODUCTION in stage["environments"]
        and stage["status"] == "succeeded"
        and stage["started_at"] + stage["seconds"] <= at
        for stage in run["stages"]
    )


def quiet_moment(ground: Ground) -> float | None:
    """
    A moment at which production ran the feature, in the middle of the time that it did.

    Returns:
        Seconds since the epoch; ``None`` when the feature was never released.
    """
    found = {(mark.chapter, mark.point): mark.at for mark in ground.marks if mark.at is not None}
    began = found.get((Chapter.FEATURE, Point.PRODUCTION_SERVES))
    ended = found.get((Chapter.ROLLBACK, Point.ROLLBACK_BEGUN), ground.now())
    return None if began is None else (began + ended) / 2

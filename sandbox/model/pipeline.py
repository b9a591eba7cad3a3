"""A pipeline: the stages that push a commit to the environments, and the record of one run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StageKind(StrEnum):
    """What a stage does; the word is its key in the file."""

    BUILD = "build"
    """Make the images of environments."""
    TEST = "test"
    """Run the gates of an environment that come before any change."""
    DEPLOY = "deploy"
    """Bring an environment to the revision."""
    VERIFY = "verify"
    """Run the gates of an environment that look at what runs."""
    APPROVE = "approve"
    """Wait until a person says yes."""
    RELEASE = "release"
    """As `DEPLOY`, with images that an earlier stage deployed, and no others."""


class StageStatus(StrEnum):
    """How far a stage, or a whole run, is."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    """For a person."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """For a reason of the commit, or because a rule says no."""
    ERRORED = "errored"
    """For a reason of the machine."""
    ABORTED = "aborted"
    """A person ended it, or its process was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """
    One stage of the file.

    Attributes:
        name: Unique in its pipeline.
        environments: Which it is about: several for `BUILD`, none for `APPROVE`, else one.
        question: What a person is asked, for `APPROVE`.
        place: ``file:line`` of the stage.
    """

    name: str
    kind: StageKind
    environments: tuple[str, ...] = ()
    question: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """
    How one stage of a run went.

    Attributes:
        started_at: Of its last try, in seconds since the epoch; 0.0 when it never began.
        seconds: How long that try took; 0.0 until it ended.
        message: Why it did not succeed, or what there is to know.
        approved_by: Who said yes, for `StageKind.APPROVE`.
    """

    stage: Stage
    status: StageStatus = StageStatus.PENDING
    started_at: float = 0.0
    seconds: float = 0.0
    message: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRun:
    """
    One run of the pipeline for one revision.

    Attributes:
        number: Given by the record; 0 before.
        revision: Full id of the commit that is delivered, and that the stages were read from.
        author: Who began it.
        started_at: Seconds since the epoch.
        stages: In their order.
    """

    number: int = 0
    revision: str
    author: str
    started_at: float
    stages: tuple[StageRecord, ...]

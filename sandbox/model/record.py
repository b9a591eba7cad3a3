"""What the journal keeps of a sync."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.model.plan import Change
from sandbox.model.receipt import Receipt
from sandbox.model.verdict import Verdict


class Outcome(StrEnum):
    """How something ended; "no" for a domain reason is not "no" for a technical one."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    ABORTED = "aborted"
    SKIPPED = "skipped"


class Trigger(StrEnum):
    """Why a sync began."""

    COMMIT = "commit"
    DRIFT = "drift"
    PERSON = "person"
    RETRY = "retry"
    ROLLBACK = "rollback"
    """The revision is quarantined: back to the last good one."""
    PIPELINE = "pipeline"
    """A stage of the pipeline pushed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """
    One executed step: its plan line, how it ended, and how long it took in seconds.

    Attributes:
        began_at: Seconds since the epoch; 0.0 when unknown.
        changes: The fields that differed, when that was the reason.
        verdict: Of a step that analysed traffic, its last one.
    """

    step_id: str
    reason: str
    outcome: Outcome
    seconds: float
    message: str = ""
    began_at: float = 0.0
    changes: tuple[Change, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRecord:
    """
    One attempt to bring an environment to a revision.

    Attributes:
        id: Given by the journal; 0 before.
        started_at, finished_at: Seconds since the epoch.
        message: Why it did not succeed; empty when it did.
        remedy: What to do about that, where it is known.
        held: What stays different although it succeeded, until somebody acts.
        steps: What was executed, in the order in which it ended.
        log: Last lines of what failed, oldest first; no secrets.
        warnings: What the Compose files of *revision* warn of, each with file and line.
        receipt: What was measured of it; ``None`` when nothing was.
        author: Who asked for it; empty when nobody did.
    """

    id: int = 0
    environment: str
    revision: str
    release: str = ""
    trigger: Trigger
    started_at: float
    finished_at: float
    outcome: Outcome
    message: str = ""
    remedy: str = ""
    held: tuple[str, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    log: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    receipt: Receipt | None = None
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSync:
    """
    A sync as people look back at it.

    Attributes:
        subject: First line of the message of its commit; empty when the commit is gone.
    """

    record: SyncRecord
    subject: str = ""

"""What was done to an environment, and who decided it: Git and the journal read together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.model.event import EventKind
    from sandbox.model.record import SyncRecord


class Deed(StrEnum):
    """What was done. The first six are commits, told apart by what they did to the release."""

    CHANGE = "change"
    PROMOTION = "promotion"
    PIN = "pin"
    UNPIN = "unpin"
    ROLLBACK = "rollback"
    """Pinned to an earlier release than before."""
    NO_CHANGE = "no change"
    """A commit that is about others: there was nothing to do."""
    SYNC = "sync"
    """A person asked for it."""
    PIPELINE = "pipeline"
    """A person pushed it through the stages of the pipeline."""
    DOWN = "down"
    DRIFT = "drift"
    RETRY = "retry"
    WAY_BACK = "way back"
    """The revision failed by its own fault: back to the last good one."""
    HEALTH = "health"
    """Nothing was done: a service became unhealthy or healthy by itself, or flaps."""


class Fate(StrEnum):
    """What became of a commit that no sync is recorded of."""

    WAITING = "waiting"
    SUPERSEDED = "superseded"
    INVALID = "invalid"
    NOT_YET = "not yet"
    """The environment did not exist in it yet: it is older than its adoption."""
    REMOVED = "removed"
    """The environment does not exist in it any more."""
    UNRECORDED = "unrecorded"
    """It is older than the journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """
    A commit, as far as it bears on one environment.

    Attributes:
        commit: Full id.
        at: Seconds since the epoch at which it was made.
        release: That it pins; empty when it pins none.
        previous: The one before it.
    """

    commit: str
    author: str
    at: float
    subject: str
    deed: Deed = Deed.CHANGE
    release: str = ""
    previous: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDeed:
    """
    One line of the history: a sync, a commit that was never synced, or a change of health.

    Attributes:
        at: Seconds since the epoch: of the sync's beginning, or of the commit.
        who: A commit's author, the person who asked, or ``drift``, ``retry``, ``rollback`` for what
            is done by itself; the service whose health changed; empty when nobody can tell.
        decision: The commit; ``None`` when it is gone, or there was none.
        record: The sync; ``None`` for a commit without one.
        fate: Of a commit without a sync.
        health: Of a change of health, what came of it; else ``None``.
        message: Why it did not succeed, in a line; empty when it did.
    """

    environment: str
    at: float
    deed: Deed
    who: str
    decision: Decision | None = None
    record: SyncRecord | None = None
    fate: Fate | None = None
    health: EventKind | None = None
    message: str = ""

    @property
    def revision(self) -> str:
        """Full id of the commit; empty when there was none."""
        if self.record is not None:
            return self.record.revision
        return self.decision.commit if self.decision else ""

    @property
    def verdict(self) -> str:
        """How it ended, in a word."""
        if self.record is not None:
            return self.record.outcome.value
        if self.health is not None:
            return self.health.value
        return self.fate.value if self.fate else Fate.UNRECORDED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """
    What an environment ran at a moment, and who decided it.

    Attributes:
        at: The moment, in seconds since the epoch.
        sync: The last sync before it that went well; ``None`` when none is recorded.
        decision: The commit that made the environment what *sync* left it as; without a sync the
            newest commit then, which says what was wanted, not what ran.
        source: Commit that changed the sources of its images last, up to the release then.
        attempt: What was tried between *sync* and the moment and did not go well, or was under way.
    """

    environment: str
    at: float
    sync: PastDeed | None = None
    decision: Decision | None = None
    source: Decision | None = None
    attempt: PastDeed | None = None

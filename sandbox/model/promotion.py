"""A release set by a commit: what speaks against it, what it is to do, and what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.model.status import Health, Suspension, SyncStatus

if TYPE_CHECKING:
    from sandbox.model.gate import GateResult
    from sandbox.model.plan import Plan
    from sandbox.model.quarantine import Quarantine


class Move(StrEnum):
    """Ways to set the release of an environment."""

    PROMOTE = "promote"
    """To that of the environment that it promotes from."""
    PIN = "pin"
    UNPIN = "unpin"
    """To none: its branch tells it again."""
    ROLLBACK = "rollback"
    """To one that went well before."""


class ObjectionKind(StrEnum):
    """Why a release is not set."""

    SOURCE_NOT_SYNCED = "source_not_synced"
    SOURCE_NOT_HEALTHY = "source_not_healthy"
    SOURCE_DRIFTED = "source_drifted"
    SOURCE_QUARANTINED = "source_quarantined"
    SOAKING = "soaking"
    GATE_MISSING = "gate_missing"
    GATE_FAILED = "gate_failed"
    IRREVERSIBLE = "irreversible"
    """A migration would stay applied that the older release cannot live with."""
    TARGET_SUSPENDED = "target_suspended"
    BRANCH_MOVED = "branch_moved"
    EDITED = "edited"
    """Somebody's own work is in the way of the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """
    One reason not to set the release now.

    Attributes:
        message: What is in the way, for people; one line.
        remedy: What to do about it; a command where possible.
        final: No force overrides it: somebody's work would be lost.
    """

    kind: ObjectionKind
    message: str
    remedy: str
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """
    How the environment is that a release is promoted from, looked at now.

    Attributes:
        revision: Commit that it is wanted at.
        applied: Commit of its last sync that went well; empty when nobody knows.
        health: Of its services, whether or not it is suspended.
        message: The one thing to know about it; empty when all is well.
        serving_since: Since when it has served the release without a failed sync, in seconds since
            the epoch; ``None`` when nobody knows.
        missing_gates: Gates that have not passed for exactly this release.
        gates: How gates ended for exactly this release, each the last time; sorted by name.
    """

    name: str
    revision: str
    applied: str = ""
    sync: SyncStatus = SyncStatus.SYNCED
    health: Health = Health.HEALTHY
    message: str = ""
    quarantine: Quarantine | None = None
    serving_since: float | None = None
    soak_s: float = 0.0
    missing_gates: tuple[str, ...] = ()
    gates: tuple[GateResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """
    How the environment is whose release is set.

    Attributes:
        branch: That the commit goes onto, or beside.
        parent: Commit of *branch* that everything was judged at.
        head: Commit of *branch* after that.
        conflict: What would refuse the commit besides, and what to do; empty texts when nothing.
    """

    name: str
    branch: str
    parent: str
    head: str
    suspension: Suspension | None = None
    conflict: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A file that changed data and stays applied; *irreversible*: it says so itself."""

    path: str
    irreversible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A release that an environment ran before, and who says so."""

    release: str
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    A release that is to be set, and everything that was found out about it.

    Attributes:
        release: Full commit id; empty for `Move.UNPIN`.
        follows: Release that the environment has when *release* is empty.
        previous: Release that it has now.
        subject: First line of the message of *release*'s commit.
        source: Whose release it is; ``None`` but for a promotion that changes something.
        source_name: Environment that it is copied from; empty but for a promotion.
        beside: New branch that the commit is made on; empty is the one that is tracked.
        origin: Where the release of a rollback is known from.
        path, content: File of the commit, and what it is to be.
        changed: The release is another one than now; else there is nothing to do.
        objections: Every reason against it; empty when it is allowed.
        staying: What a rollback does not undo.
        plan: What the environment will do; ``None`` when it cannot be told now.
        plan_problem: Why not.
    """

    move: Move
    target: TargetFacts
    release: str
    follows: str = ""
    previous: str = ""
    subject: str = ""
    source: SourceFacts | None = None
    source_name: str = ""
    beside: str = ""
    origin: str = ""
    path: str
    content: bytes = field(repr=False)
    changed: bool = True
    objections: tuple[Objection, ...] = ()
    staying: tuple[Migration, ...] = ()
    plan: Plan | None = None
    plan_problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """
    What was done.

    Attributes:
        environment: Whose release was set.
        source: Environment that it was copied from; empty but for a promotion.
        release: Full commit id that it has now.
        pinned: The commit names *release*; else it is what the branch tells.
        previous: The one before; empty when there was none.
        commit: The commit that was made; empty when there was nothing to do.
        branch: Branch that the commit is on.
        beside: The branch that is tracked, when *branch* is another one made for the commit.
    """

    environment: str
    move: Move = Move.PIN
    source: str = ""
    release: str
    pinned: bool = True
    previous: str = ""
    commit: str = ""
    branch: str = ""
    beside: str = ""

    @property
    def changed(self) -> bool:
        """A commit was made."""
        return bool(self.commit)

"""Where an environment stands: sync status and health are two axes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sandbox.model.gate import GateStatus
from sandbox.model.pin import Pin
from sandbox.model.syncing import Syncing


class SyncStatus(StrEnum):
    """Does the engine run what the commit says?"""

    SYNCED = "synced"
    OUT_OF_SYNC = "out_of_sync"
    UNKNOWN = "unknown"


class Health(StrEnum):
    """Does what runs work? One table, in `planning.health`, orders these."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedRelease:
    """
    What serves a service, or a part of it.

    Attributes:
        revision: Commit that its containers were created for; the wanted one, when that asks for
            the same.
        weight: Percentage of the requests of the service.
    """

    release: str
    revision: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """
    One service.

    Attributes:
        desired: How many containers the commit asks for.
        ready: How many of them are ready, or for a job, ended well.
        message: Why it is not healthy; empty when it is.
        job: It runs once and ends.
        image: What its containers were created from.
        started_at: Seconds since the epoch at which its newest container started; 0.0 if none.
        since: Seconds since the epoch since when it is healthy, unhealthy or flapping; 0.0 when
            nobody watched.
        changes: How often that changed lately.
        releases: What serves it now, most requests first; empty for a job, when nothing serves, and
            when the ingress does not answer.
    """

    name: str
    desired: int
    ready: int
    health: Health
    message: str = ""
    job: bool = False
    image: str = ""
    started_at: float = 0.0
    since: float = 0.0
    changes: int = 0
    releases: tuple[ServedRelease, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """
    Nothing is reconciled meanwhile.

    Attributes:
        until: Seconds since the epoch at which it ends by itself; 0.0 is until `resume`.
        author: Who asked for it.
    """

    environment: str
    reason: str
    since: float
    until: float = 0.0
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStatus:
    """
    One environment.

    Attributes:
        branch: Branch that it follows; empty when the files cannot be read.
        revision: Commit that the tracked branch points at; empty when it cannot be read.
        subject: First line of that commit's message.
        serving: Commit that what serves is of; empty when nothing serves or nobody can tell.
        release: Commit that the application is to be built from.
        pin: What fixes *release*; ``None`` when the branch tells it.
        running_releases: Releases that serve now, sorted.
        message: The one thing to know; empty when all is well.
        next_step: The one thing to do; a command where possible.
        syncing: The sync that runs now; ``None`` when none does.
        gates: Checks of *revision*, and how far it has passed them.
        urls: Addresses of published ports, most useful first, then names that the edge knows.
        notes: What is not where the file says, and why.
        warnings: What the Compose files of the tracked commit warn of, each with file and line.
        held: Why it will not get where the commit says by waiting; empty when it may.
        pending: Plan lines of what differs; empty when synced.
        ignored_edits: Uncommitted paths that change nothing.
        reconciled: A controller looks after it now.
        edge_pending: The edge is not where it is to be yet; *notes* say so.
    """

    name: str
    branch: str = ""
    revision: str = ""
    subject: str = ""
    serving: str = ""
    release: str = ""
    pin: Pin | None = None
    running_releases: tuple[str, ...] = ()
    sync: SyncStatus = SyncStatus.UNKNOWN
    health: Health = Health.UNKNOWN
    suspension: Suspension | None = None
    syncing: Syncing | None = None
    services: tuple[ServiceStatus, ...] = ()
    gates: tuple[GateStatus, ...] = ()
    urls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    message: str = ""
    next_step: str = ""
    held: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    ignored_edits: tuple[str, ...] = ()
    reconciled: bool = False
    edge_pending: bool = False

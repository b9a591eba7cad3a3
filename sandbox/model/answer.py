"""Why a service is as it is: from its container back to the commit, and to what was done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.status import Health

if TYPE_CHECKING:
    from sandbox.model.gate import Gate, GateResult
    from sandbox.model.past import Decision, PastDeed
    from sandbox.model.plan import Change
    from sandbox.model.quarantine import Quarantine
    from sandbox.model.record import StepRecord


class Origin(StrEnum):
    """Where a service comes from."""

    DECLARED = "declared"
    GATE = "gate"
    DERIVED = "derived"
    """The ingress: it follows from the others, and no file says it."""
    UNDECLARED = "undeclared"
    """No file says it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFact:
    """
    One container, as it is now.

    Attributes:
        id: Full id.
        current: It was made from what is wanted now.
        words: How it came to stand still; empty while it runs.
        probed: It has a healthcheck.
        proven: It passed its healthcheck since it started, by the engine or by our own probe.
        revision, release: Commits that it was made at.
        created_at, started_at: Seconds since the epoch; 0.0 when it never did.
    """

    name: str
    id: str
    image: str
    image_id: str
    spec_hash: str
    current: bool
    state: ContainerState
    words: str = ""
    health: EngineHealth = EngineHealth.NONE
    probed: bool = False
    proven: bool = False
    oom_killed: bool = False
    revision: str = ""
    release: str = ""
    created_at: float = 0.0
    started_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """
    The commit since which a service is declared as it is.

    Attributes:
        changes: What of the service differs from the commit before it; never a secret.
        places: ``file:line`` of what changed, as far as the file tells.
        first: The service was not there before.
        complete: History told; false when it ended, or was not read further, before it changed.
    """

    decision: Decision
    changes: tuple[Change, ...] = ()
    places: tuple[str, ...] = ()
    first: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFact:
    """One step that made the container what it is, and the sync that it was part of."""

    sync: PastDeed
    step: StepRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceHealthy:
    """
    What happened since a service that is not healthy was.

    Attributes:
        sync: The last that went well: everything was healthy at its end.
        changes: What of its declaration changed since.
        failures: Syncs since then that did not go well, newest first.
    """

    sync: PastDeed
    changes: tuple[Change, ...] = ()
    failures: tuple[PastDeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """
    Everything that is known of one service.

    Attributes:
        place: ``file:line`` where it is declared; empty when no file does.
        derived_from: Services that a `DERIVED` one follows from.
        replicas: How many containers the commit asks for.
        job: It runs once and ends.
        health, message: As in `ServiceStatus`.
        spec_hash: Of what is wanted; empty when nothing is.
        containers: Newest generation first.
        introduced: Since when its spec is this one; ``None`` when history does not tell.
        source: The commit that changed what its image is built from last; ``None`` without a build.
        steps: What made its newest container so, newest first: it was started, it was created.
        restarts: How often it was started again since it was created, other than by a commit.
        since: ``None`` while it is healthy, or when no sync ever went well.
        pending: Plan lines of what a sync would do about it, and what holds that back.
        quarantine: Why the newest commit is not what is wanted.
        gate, gate_result: Of a `GATE`: what it is, and how it ended last.
        log: Last lines of a container that is not ready, oldest first.
        notes: What could not be found out, and why.
    """

    environment: str
    service: str
    origin: Origin
    place: str = ""
    derived_from: tuple[str, ...] = ()
    replicas: int = 0
    job: bool = False
    health: Health = Health.UNKNOWN
    message: str = ""
    spec_hash: str = ""
    containers: tuple[ContainerFact, ...] = ()
    introduced: Introduction | None = None
    source: Decision | None = None
    steps: tuple[StepFact, ...] = ()
    restarts: int = 0
    since: SinceHealthy | None = None
    pending: tuple[str, ...] = ()
    quarantine: Quarantine | None = None
    gate: Gate | None = None
    gate_result: GateResult | None = None
    log: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

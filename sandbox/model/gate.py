"""A check that a revision has to pass, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GatePhase(StrEnum):
    """When a gate runs."""

    BEFORE = "before"
    """On the candidate images, before any container that runs is changed."""
    AFTER = "after"
    """When everything is healthy, against what runs."""


class GateVerdict(StrEnum):
    """How a gate ended."""

    PASSED = "passed"
    FAILED = "failed"
    """It said no, or not yes in time: a fault of the revision."""
    ERRORED = "errored"
    """It could not be run: no fault of the revision, and it is run again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """
    What makes a service a gate.

    Attributes:
        deadline_s: Seconds that its container has to end.
    """

    phase: GatePhase
    deadline_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """
    One run of a gate: evidence.

    Attributes:
        gate: Name of the service.
        inputs: Digest of everything that the gate could see: of its own spec, and for `AFTER` of
            the specs of all services. Equal inputs need no second run.
        image: Reference that its container was created from; *image_id* is what that was.
        tree: Git tree of the source that *image* was built from; empty when it was not built.
        started_at: Seconds since the epoch.
        message: Why it did not pass: a line, and below it the lines of its output that say why;
            empty when it passed.
        log: Last lines of its output, oldest first; no secrets.
    """

    gate: str
    phase: GatePhase
    environment: str
    revision: str
    release: str
    inputs: str
    image: str = ""
    image_id: str = ""
    tree: str = ""
    verdict: GateVerdict
    started_at: float
    seconds: float
    message: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateStatus:
    """
    Where one gate stands for exactly what is committed.

    Attributes:
        verdict: How it ended last; ``None`` when it has not run for this.
        ended_at: Seconds since the epoch; 0.0 when it has not run.
        seconds: How long it ran.
        message: As in `GateResult`.
        running: It runs now; *verdict* is of the time before.
        began_at: Since when it runs, in seconds since the epoch; 0.0 when it does not.
    """

    name: str
    phase: GatePhase
    verdict: GateVerdict | None = None
    ended_at: float = 0.0
    seconds: float = 0.0
    message: str = ""
    running: bool = False
    began_at: float = 0.0

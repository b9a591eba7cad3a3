"""How a changed service is brought up: ``deploy.update_config`` and ``x-sandbox.rollout``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Order(StrEnum):
    """Which of the old and the new container of a place goes first."""

    START_FIRST = "start-first"
    STOP_FIRST = "stop-first"


class FailureAction(StrEnum):
    """What follows when an update fails."""

    ROLLBACK = "rollback"
    """Back to the last good revision, by itself."""
    PAUSE = "pause"
    """Stay where it is: what is replaced is replaced, the rest is old."""
    CONTINUE = "continue"
    """Go on with the next batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfig:
    """
    ``deploy.update_config`` or ``deploy.rollback_config``.

    Attributes:
        order: ``None`` chooses: stop-first for a service with a writable named volume, which two
            containers must not share, else start-first.
        parallelism: How many containers are replaced at a time; 0 is all at once.
        delay_s: Seconds between one batch and the next.
        failure_action: What follows when it fails.
        monitor_s: Seconds that a replaced container is watched before it counts.
        max_failure_ratio: Share of the service's containers that may fail, 0 to 1.

    Source:
        Compose Deploy Specification, "update_config".
    """

    order: Order | None = None
    parallelism: int = 1
    delay_s: float = 0.0
    failure_action: FailureAction = FailureAction.ROLLBACK
    monitor_s: float = 0.0
    max_failure_ratio: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStep:
    """
    Give the new generation a share of the requests for a while.

    Attributes:
        weight: Percent of the requests, 1 to 99.
        for_s: Seconds.
    """

    weight: int
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """
    What the new generation has to show in each step of a canary; ``None`` is not looked at.

    Attributes:
        max_error_rate: Share of its requests that may fail, 0 to 1; compared with the old
            generation over the same seconds.
        max_p95_ms: Milliseconds to the first byte, for 95 of 100 of its requests.
        min_requests: Fewer than this never promote; see `delivery.analysis`.
    """

    max_error_rate: float | None = None
    max_p95_ms: float | None = None
    min_requests: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """
    How a changed service is brought up.

    Attributes:
        update: Of a change.
        rollback: Of the way back; one that fails stays where it is.
        steps: Of a canary, weights rising; empty moves all traffic at once.
        analysis: Judged in each step; ``None`` only waits.
    """

    update: UpdateConfig = field(default_factory=UpdateConfig)
    rollback: UpdateConfig = field(
        default_factory=lambda: UpdateConfig(failure_action=FailureAction.PAUSE)
    )
    steps: tuple[CanaryStep, ...] = ()
    analysis: Analysis | None = None

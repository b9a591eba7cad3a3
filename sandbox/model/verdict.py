"""What the requests of a while say of a new generation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """
    Requests of some servers over some seconds.

    Attributes:
        requests: Answered or failed; connections in TCP mode.
        failed: Of these, those that ended with 5xx, without a response, or refused.
        p50_ms, p95_ms, p99_ms: Milliseconds to the first byte that so many of 100 responses took at
            most; ``None`` when no response was timed.
    """

    requests: int = 0
    failed: int = 0
    p50_ms: int | None = None
    p95_ms: int | None = None
    p99_ms: int | None = None


class Decision(StrEnum):
    """What to do with a canary."""

    PROMOTE = "promote"
    """Give it more."""
    HOLD = "hold"
    """Leave its share as it is, and look again."""
    ABORT = "abort"
    """Take its share away."""


class Ground(StrEnum):
    """Why: one arm for each thing that is looked at."""

    ERROR_RATE = "error_rate"
    """More of its requests failed than may."""
    P95 = "p95"
    """It answers slower than it may."""
    TOO_FEW_REQUESTS = "too_few_requests"
    TOO_FEW_TIMED = "too_few_timed"
    """Too few of its responses were timed; none ever is in TCP mode."""
    NOT_OVER = "not_over"
    """All is well so far, and the time of the step is not over."""
    WITHIN_LIMITS = "within_limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """
    One ground, with what was measured and what it was held against.

    Attributes:
        measured, limit: Of `Ground.ERROR_RATE` shares from 0 to 1, of `Ground.P95` milliseconds, of
            the others requests.
    """

    ground: Ground
    measured: float = 0.0
    limit: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """
    One judgement of a new generation beside the old one.

    Attributes:
        reasons: At least one.
        old, new: Over the same seconds.
    """

    decision: Decision
    reasons: tuple[Reason, ...]
    old: Figures = field(default_factory=Figures)
    new: Figures = field(default_factory=Figures)

"""
Judge a new generation by the requests that it got, beside the old one over the same seconds.

A verdict may be asked for at any time. One to abort comes as soon as chance is no explanation any
more; one to promote at the end of a step only; everything else holds.

*Failures* abort when both hold, each tested exactly and one-sided at `ALPHA`:

* more failed than `Analysis.max_error_rate` explains (binomial test), and
* more failed than of the old generation (Fisher's exact test), so that what hurts both, such as a
  database that is away, is not blamed on the new one. Where the old one got fewer than
  `Analysis.min_requests`, the test has no power: the new one then needs that many itself, and a
  higher share of failures.

So one failure of a few requests never aborts, and three of three do. *Slowness* aborts when more
responses took longer than `Analysis.max_p95_ms` than 5 of 100 explain, and at least
`Analysis.min_requests` were timed: the first ones of a new process are slow for good reasons.

Promoting needs `Analysis.min_requests` and every measured figure within its limit. What lies
between, above a limit but explained by chance, holds: more requests will tell.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sandbox.delivery.evidence import chance_of_difference, chance_of_share
from sandbox.delivery.window import figures
from sandbox.model.verdict import Decision, Ground, Reason, Verdict
from sandbox.words import count

if TYPE_CHECKING:
    from sandbox.delivery.window import Sample
    from sandbox.model.rollout import Analysis
    from sandbox.model.verdict import Figures

ALPHA: Final = 0.001
"""
Chance that a test calls harmless what is harmless, at one look.

A step is looked at many times, each time with most of the same requests: over a step of some
hundred looks, a canary that is exactly at its limit is aborted in about 1 of 100 cases.
"""
SLOW_SHARE: Final = 0.05
"""Of the responses, how many may take longer than the 95th percentile: by definition."""
_TOO_FEW: Final = frozenset({Ground.TOO_FEW_REQUESTS, Ground.TOO_FEW_TIMED})


def judge(analysis: Analysis, old: Sample, new: Sample, *, over: bool) -> Verdict:
    """
    Judge *new* beside *old*.

    Total; more failures of *new* never turn a verdict to abort into another one.

    Args:
        analysis: What *new* has to show; a limit of ``None`` is not looked at.
        old: What the old generation did, over the same seconds as *new*.
        new: What the new generation did.
        over: The time of the step is over; before, nothing is promoted.
    """
    for decision, reasons in (
        (Decision.ABORT, _faults(analysis, old, new)),
        (Decision.HOLD, _doubts(analysis, new)),
    ):
        if reasons:
            return _verdict(decision, reasons, old, new)
    enough = Reason(
        ground=Ground.WITHIN_LIMITS if over else Ground.NOT_OVER,
        measured=new.requests,
        limit=analysis.min_requests,
    )
    return _verdict(Decision.PROMOTE if over else Decision.HOLD, (enough,), old, new)


def verdict_text(verdict: Verdict) -> str:
    """
    Tell *verdict* in a line for people, with the sizes of the samples.

    ::

        abort: 5.2 % failed, at most 1 % may; of 212 requests, beside 1904 with 0 % failed
    """
    grounds = " and ".join(_reason_text(reason) for reason in verdict.reasons)
    old, new = verdict.old, verdict.new
    sizes = f"of {count(new.requests, 'request')}"
    beside = f"beside {old.requests} of the old with {_percent(error_rate(old))} failed"
    return f"{verdict.decision.value}: {grounds}; {sizes}, {beside}"


def waits_for_requests(verdict: Verdict) -> bool:
    """Tell whether *verdict* holds only because too few requests came."""
    return any(each.ground in _TOO_FEW for each in verdict.reasons)


def waiting_text(service_name: str, verdict: Verdict, *, since: float, until: float) -> str:
    """
    Say that a canary waits for requests, since when and until when, in seconds since the epoch.

    ::

        the canary of web waits for requests: 3 of at least 50 came since 14:03:09 UTC, and are
        waited for until 14:05:09 UTC
    """
    reason = next(each for each in verdict.reasons if each.ground in _TOO_FEW)
    return (
        f"the canary of {service_name} waits for requests: {reason.measured:g} of at least"
        f" {reason.limit:g} came since {_time(since)}, and are waited for until {_time(until)}"
    )


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S UTC")


def error_rate(found: Figures | Sample) -> float:
    """Share of requests that failed, 0 to 1; 0 without any."""
    return found.failed / found.requests if found.requests else 0.0


def _faults(analysis: Analysis, old: Sample, new: Sample) -> tuple[Reason, ...]:
    """What is wrong beyond what chance explains."""
    reasons: list[Reason] = []
    most = analysis.max_error_rate
    if most is not None and _fails_more(analysis, most, old, new):
        reasons.append(_rate_reason(most, new))
    slowest = analysis.max_p95_ms
    timed = _timed(new)
    if slowest is not None and timed >= analysis.min_requests:
        slow = sum(count for ms, count in new.latencies_ms.items() if ms > slowest)
        if chance_of_share(slow, timed, SLOW_SHARE) <= ALPHA:
            reasons.append(_p95_reason(slowest, new))
    return tuple(reasons)


def _fails_more(analysis: Analysis, most: float, old: Sample, new: Sample) -> bool:
    if chance_of_share(new.failed, new.requests, most) > ALPHA:
        return False
    if chance_of_difference(new.failed, new.requests, old.failed, old.requests) <= ALPHA:
        return True
    few_old = old.requests < analysis.min_requests <= new.requests
    return few_old and error_rate(new) > error_rate(old)


def _doubts(analysis: Analysis, new: Sample) -> tuple[Reason, ...]:
    """What is missing, or above a limit without being proven."""
    reasons: list[Reason] = []
    if new.requests < analysis.min_requests:
        few = Reason(
            ground=Ground.TOO_FEW_REQUESTS, measured=new.requests, limit=analysis.min_requests
        )
        return (few,)
    if analysis.max_error_rate is not None and error_rate(new) > analysis.max_error_rate:
        reasons.append(_rate_reason(analysis.max_error_rate, new))
    if analysis.max_p95_ms is not None:
        timed = _timed(new)
        if timed < analysis.min_requests:
            reasons.append(
                Reason(ground=Ground.TOO_FEW_TIMED, measured=timed, limit=analysis.min_requests)
            )
        elif (figures(new).p95_ms or 0) > analysis.max_p95_ms:
            reasons.append(_p95_reason(analysis.max_p95_ms, new))
    return tuple(reasons)


def _timed(found: Sample) -> int:
    return sum(found.latencies_ms.values())


def _rate_reason(most: float, new: Sample) -> Reason:
    return Reason(ground=Ground.ERROR_RATE, measured=error_rate(new), limit=most)


def _p95_reason(slowest: float, new: Sample) -> Reason:
    return Reason(ground=Ground.P95, measured=figures(new).p95_ms or 0, limit=slowest)


def _verdict(decision: Decision, reasons: tuple[Reason, ...], old: Sample, new: Sample) -> Verdict:
    return Verdict(decision=decision, reasons=reasons, old=figures(old), new=figures(new))


def _reason_text(reason: Reason) -> str:
    measured, limit = reason.measured, reason.limit
    match reason.ground:
        case Ground.ERROR_RATE:
            return f"{_percent(measured)} failed, at most {_percent(limit)} may"
        case Ground.P95:
            return f"p95 is {measured:g} ms, at most {limit:g} ms is allowed"
        case Ground.TOO_FEW_REQUESTS:
            return f"too little traffic: {measured:g} of at least {count(round(limit), 'request')}"
        case Ground.TOO_FEW_TIMED:
            return f"too few responses were timed: {measured:g} of at least {limit:g}"
        case Ground.NOT_OVER:
            return "within its limits so far"
        case Ground.WITHIN_LIMITS:
            return "within its limits"


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %"

"""What an ingress counted from one moment on, from reports that only tell what it counted ever."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.ingress import ServerCounters
from sandbox.model.verdict import Figures

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sandbox.model.ingress import IngressReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """
    Begin one with ``Window(last=report)``, and `advance` it by each later report.

    Attributes:
        last: The newest report.
        counted: What each server did since the first one, sorted by backend and server.
    """

    last: IngressReport
    counted: tuple[ServerCounters, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What some servers did within a window; the fields are those of `ServerCounters`."""

    requests: int = 0
    failed: int = 0
    latencies_ms: Mapping[int, int] = field(default_factory=dict[int, int])


def advance(window: Window, report: IngressReport) -> Window:
    """
    Add what happened between the newest report of *window* and *report*.

    A server whose counters went down was counted anew, because the ingress or the server in it
    began again: what was counted before is kept, and all that it says now came after.
    """
    before = {(each.backend, each.server): each for each in window.last.servers}
    counted = {(each.backend, each.server): each for each in window.counted}
    for now in report.servers:
        key = (now.backend, now.server)
        counted[key] = _sum(counted.get(key), _since(before.get(key), now))
    return Window(last=report, counted=tuple(counted[key] for key in sorted(counted)))


def sample(counters: Iterable[ServerCounters]) -> Sample:
    """Add up *counters*."""
    requests = failed = 0
    latencies_ms: Counter[int] = Counter()
    for each in counters:
        requests += each.requests
        failed += each.failed
        latencies_ms.update(each.latencies_ms)
    # A retry can fail more often than it was asked for; a share of more than all says nothing.
    return Sample(requests=requests, failed=min(failed, requests), latencies_ms=latencies_ms)


def sample_of(window: Window, servers: Collection[str]) -> Sample:
    """What the servers of these names did within *window*, in all backends."""
    return sample(each for each in window.counted if each.server in servers)


def figures(found: Sample) -> Figures:
    """Give the numbers that people look at; percentiles are exact, by nearest rank."""
    return Figures(
        requests=found.requests,
        failed=found.failed,
        p50_ms=percentile_ms(found.latencies_ms, 50),
        p95_ms=percentile_ms(found.latencies_ms, 95),
        p99_ms=percentile_ms(found.latencies_ms, 99),
    )


def percentile_ms(latencies_ms: Mapping[int, int], percent: int) -> int | None:
    """Fewest milliseconds within which *percent* of 100 responses began; ``None`` without any."""
    total = sum(latencies_ms.values())
    reached = 0
    for ms in sorted(latencies_ms):
        reached += latencies_ms[ms]
        if reached and reached * 100 >= total * percent:
            return ms
    return None


def _since(before: ServerCounters | None, now: ServerCounters) -> ServerCounters:
    if before is None or _began_again(before, now):
        return now
    return ServerCounters(
        backend=now.backend,
        server=now.server,
        requests=now.requests - before.requests,
        failed=now.failed - before.failed,
        open=now.open,
        latencies_ms=Counter(now.latencies_ms) - Counter(before.latencies_ms),
    )


def _began_again(before: ServerCounters, now: ServerCounters) -> bool:
    return (
        now.requests < before.requests
        or now.failed < before.failed
        or any(now.latencies_ms.get(ms, 0) < count for ms, count in before.latencies_ms.items())
    )


def _sum(counted: ServerCounters | None, more: ServerCounters) -> ServerCounters:
    if counted is None:
        return more
    return ServerCounters(
        backend=more.backend,
        server=more.server,
        requests=counted.requests + more.requests,
        failed=counted.failed + more.failed,
        open=more.open,
        latencies_ms=Counter(counted.latencies_ms) + Counter(more.latencies_ms),
    )

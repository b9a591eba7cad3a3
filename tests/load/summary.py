"""
What a load came to.

*Wrong generation*: from the moment at which the sync to a release was reported done, a request that
is sent later must be answered by that release, or by one that was committed since.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.load.answer import Answer

SLOT_S = 0.1
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    What the test did, by the monotonic clock.

    Attributes:
        settled: True: the sync to *generation* was reported done. False: it may answer from now on.
    """

    at: float
    generation: str
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """
    Counts and latencies.

    Attributes:
        seconds: From the first request to the last.
        failures: How many by kind.
        failed_s: Seconds during which requests failed, in slots of a tenth.
        wrong: Answers of a wrong generation.
        by_generation: How many answered well.
        p50_ms, p95_ms, p99_ms, max_ms: Of requests that ended well, from when they were due.
        late_p99_ms: How late the prober itself was; more than a few mean that it was starved.
        repeated: Requests that had to be sent again.
        examples: The first failures and wrong answers, for people.
    """

    requests: int
    seconds: float
    failures: Mapping[str, int]
    failed_s: float
    wrong: int
    by_generation: Mapping[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    late_p99_ms: float
    repeated: int
    examples: tuple[str, ...]

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def rate(self) -> float:
        """Requests per second that were really sent."""
        return self.requests / self.seconds if self.seconds else 0.0

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {"schema": 1, **fields, "failed": self.failed, "rate": self.rate}

    def text(self) -> str:
        """Give it in a few lines."""
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.failures.items())
        came = f"{self.requests} requests in {self.seconds:.1f} s ({self.rate:.0f}/s)"
        failed = (
            f"failed: {self.failed}{f' ({kinds})' if kinds else ''} in {self.failed_s:.1f} s,"
            f" wrong generation: {self.wrong}, repeated: {self.repeated}"
        )
        latencies = (
            f"p50 {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, p99 {self.p99_ms:.1f} ms,"
            f" max {self.max_ms:.0f} ms (prober late: p99 {self.late_p99_ms:.1f} ms)"
        )
        return "\n".join((came, failed, latencies, *self.examples))


def summarise(answers: Sequence[Answer], moments: Sequence[Moment] = ()) -> Summary:
    """Count *answers*; *moments* in the order of time say which generation could answer when."""
    began = min((answer.due for answer in answers), default=0.0)
    failed = [answer for answer in answers if answer.failure]
    well = [answer for answer in answers if not answer.failure]
    wrong = [answer for answer in well if is_wrong(answer, moments)]
    latencies = sorted((answer.ended - answer.due) * 1000 for answer in well)
    late = sorted((answer.sent - answer.due) * 1000 for answer in answers if answer.attempts == 1)
    return Summary(
        requests=len(answers),
        seconds=max((answer.due for answer in answers), default=began) - began,
        failures=dict(sorted(Counter(answer.failure for answer in failed).items())),
        failed_s=len({int((answer.ended - began) / SLOT_S) for answer in failed}) * SLOT_S,
        wrong=len(wrong),
        by_generation=dict(sorted(Counter(answer.generation for answer in well).items())),
        p50_ms=percentile(latencies, 50),
        p95_ms=percentile(latencies, 95),
        p99_ms=percentile(latencies, 99),
        max_ms=percentile(latencies, 100),
        late_p99_ms=percentile(late, 99),
        repeated=sum(answer.attempts > 1 for answer in answers),
        examples=tuple(_example(answer, began) for answer in (failed + wrong)[:SHOWN]),
    )


def is_wrong(answer: Answer, moments: Sequence[Moment]) -> bool:
    """Say whether a release answered that must not have."""
    before = bisect_right(moments, answer.sent, key=lambda moment: moment.at)
    floor = next((n for n in reversed(range(before)) if moments[n].settled), None)
    if floor is None:
        return False
    until = bisect_right(moments, answer.ended, key=lambda moment: moment.at)
    return answer.generation not in {moment.generation for moment in moments[floor:until]}


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The value that *percent* of all do not exceed (nearest rank); 0.0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _example(answer: Answer, began: float) -> str:
    what = answer.failure or f"wrong generation {answer.generation}"
    return f"  at {answer.sent - began:.2f} s, target {answer.target}: {what}"

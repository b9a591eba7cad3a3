"""
Many seeds, and what came of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.run import Outcome, run
from tests.simulation.schedule import draw


@dataclass(slots=True, kw_only=True)
class Figures:
    """What came of many seeds."""

    seeds: int = 0
    steps: int = 0
    hit: Counter[str] = field(default_factory=Counter[str])
    sites: Counter[str] = field(default_factory=Counter[str])
    failed: dict[int, list[str]] = field(default_factory=dict[int, list[str]])

    def add(self, each: Figures) -> None:
        self.seeds += each.seeds
        self.steps += each.steps
        self.hit += each.hit
        self.sites += each.sites
        self.failed |= each.failed

    def lines(self, seconds: float) -> Iterator[str]:
        yield f"seeds {self.seeds}, steps {self.steps}, {seconds:.1f} s"
        for kind, count in sorted(self.hit.items()):
            yield f"  {kind:18} {count:8}"
        yield f"call sites {len(self.sites)}, calls {sum(self.sites.values())}"
        yield f"seeds with violations: {len(self.failed)}"


def of_seed(seed: int) -> Figures:
    """Run one seed."""
    return figures(run(draw(seed)))


def figures(outcome: Outcome) -> Figures:
    found = sorted({each.invariant for each in outcome.violations})
    return Figures(
        seeds=1,
        steps=len(outcome.schedule.steps),
        hit=Counter({str(kind): count for kind, count in outcome.hit.items()}),
        sites=outcome.sites,
        failed={outcome.schedule.seed: found} if found else {},
    )


def run_all(seeds: Iterable[int], processes: int) -> Iterator[Figures]:
    if processes == 1:
        yield from map(of_seed, seeds)
        return
    with get_context("spawn").Pool(processes, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(of_seed, seeds, chunksize=10)

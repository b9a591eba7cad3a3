"""
Many seeds, and what came of them.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final

from sandbox.ports import Engine, Ingress, Journal
from tests.simulation.run import Outcome, run
from tests.simulation.wide import draw

PORTS: Final = {"engine": Engine, "ingress": Ingress, "journal": Journal}

NOT_OF_A_CONTROLLER: Final = frozenset(
    {
        "engine.exec_interactive",  # `exec`
        "engine.info",  # `up`, before the controller begins
        "engine.survey",  # `estate`
        "engine.usage",  # `estate`
        "ingress.close",  # the end of a process
        "journal.close",  # the end of a process
        "journal.health_events",  # `history`
        "journal.sync",  # `history`
    }
)
"""Calls that commands make in processes of their own, and that no controller makes."""


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
        rate = self.seeds / seconds
        yield f"seeds {self.seeds}, steps {self.steps}, {seconds:.1f} s, {rate:.1f} seeds a second"
        for kind, count in sorted(self.hit.items()):
            yield f"  {kind:18} {count:8}"
        every = call_sites()
        met = every & self.sites.keys()
        yield f"call sites {len(met)} of {len(every)}, calls {sum(self.sites.values())}"
        yield f"  never called: {', '.join(sorted(every - met)) or 'none'}"
        yield f"seeds with violations: {len(self.failed)}"


def of_seed(seed: int) -> Figures:
    """Run one seed; what it leaves is collected at its end, and not searched for meanwhile."""
    gc.disable()
    try:
        return figures(run(draw(seed)))
    finally:
        gc.enable()
        gc.collect(1)


def figures(outcome: Outcome) -> Figures:
    found = sorted({each.invariant for each in outcome.violations})
    return Figures(
        seeds=1,
        steps=len(outcome.schedule.steps),
        hit=Counter({str(kind): count for kind, count in outcome.hit.items()}),
        sites=outcome.sites,
        failed={outcome.schedule.seed: found} if found else {},
    )


def call_sites() -> frozenset[str]:
    """Every call of a port that the simulation can make fail, as ``port.method``."""
    every = frozenset(
        f"{port}.{name}"
        for port, protocol in PORTS.items()
        for name in dir(protocol)
        if not name.startswith("_")
    )
    return every - NOT_OF_A_CONTROLLER


def run_all(seeds: Iterable[int], jobs: int) -> Iterator[Figures]:
    """Run *seeds* in so many processes, in any order."""
    if jobs == 1:
        gc.freeze()
        yield from map(of_seed, seeds)
        return
    with get_context("spawn").Pool(jobs, gc.freeze) as pool:
        yield from pool.imap_unordered(of_seed, seeds, chunksize=5)

"""
Look for every planted bug, and count the schedules that it takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from tests.simulation.bugs import BUGS, Bug, planted
from tests.simulation.run import run
from tests.simulation.wide import draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """
    What came of the hunt for one bug.

    Attributes:
        schedules: How many ran; the last one found it, unless none did.
        invariant: The one that did not hold; empty when the bug was not found.
    """

    name: str
    place: str
    schedules: int
    invariant: str = ""

    @property
    def line(self) -> str:
        took = str(self.schedules) if self.invariant else f"not found in {self.schedules}"
        return f"{took:>16}  {self.invariant:4} {self.name} ({self.place})"


def hunt(bug: Bug, seeds: Iterable[int]) -> Hunt:
    """Run *seeds* with *bug* planted, until one of its invariants is seen not to hold."""
    number, found = 0, ""
    gc.disable()
    try:
        with planted(bug):
            for number, seed in enumerate(seeds, start=1):  # noqa: B007 - counted
                found = _told(bug, seed)
                gc.collect(1)
                if found:
                    break
    finally:
        gc.enable()
    return Hunt(name=bug.name, place=bug.place, schedules=number, invariant=found)


def _told(bug: Bug, seed: int) -> str:
    violations = run(draw(seed), to_the_end=False).violations
    told = (each.invariant for each in violations if each.invariant in bug.breaks)
    return next(told, "")


def hunt_all(seeds: Sequence[int], jobs: int) -> Iterator[Hunt]:
    """Hunt for every bug under the same *seeds*, in so many processes; as `BUGS` are listed."""
    numbers = range(len(BUGS))
    if jobs == 1:
        yield from (_hunt_number(seeds, number) for number in numbers)
        return
    with get_context("spawn").Pool(jobs, gc.freeze) as pool:
        yield from pool.imap(partial(_hunt_number, seeds), numbers)


def _hunt_number(seeds: Sequence[int], number: int) -> Hunt:
    return hunt(BUGS[number], seeds)

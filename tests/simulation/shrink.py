"""
Leave out steps of a schedule that fails, as long as it still fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

from tests.simulation.changes import fixed
from tests.simulation.run import Outcome, run
from tests.simulation.schedule import Schedule, commits

Play = Callable[[Schedule], Outcome]
TO_THE_FIRST: Play = partial(run, to_the_end=False)


def shrink(outcome: Outcome, play: Play = TO_THE_FIRST) -> Outcome:
    """
    Give what came of the smallest schedule that was found, of which the same invariant fails first.

    Halves are left out first, then quarters, down to single steps; ends when none can be spared.
    """
    wanted = {violation.invariant for violation in outcome.violations}
    size = max(1, len(outcome.schedule.steps) // 2)
    while True:
        smaller = _without_one_part(outcome, size, wanted, play)
        if smaller is not None:
            outcome = smaller
        elif size == 1:
            return outcome
        else:
            size //= 2


def _without_one_part(outcome: Outcome, size: int, wanted: set[str], play: Play) -> Outcome | None:
    steps = len(outcome.schedule.steps)
    for begin in range(0, steps, size):
        found = play(without_steps(outcome.schedule, {*range(begin, begin + size)}))
        if wanted & {violation.invariant for violation in found.violations}:
            return found
    return None


def without_steps(schedule: Schedule, left_out: set[int]) -> Schedule:
    """
    Give *schedule* without some of its steps.

    An environment that cannot be left with its last commit gets a good one.
    """
    kept = tuple(step for index, step in enumerate(schedule.steps) if index not in left_out)
    last = dict(schedule.beginning)
    last |= {each.environment: each.model for each in commits(kept)}
    random = Random(0)
    fixes = {
        name: schedule.fixes.get(name) or fixed(random, model)
        for name, model in last.items()
        if model.broken or name in schedule.fixes
    }
    return replace(schedule, steps=kept, fixes=fixes)

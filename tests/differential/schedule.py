"""
A schedule without faults: the first commits and deeds of one of the simulation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.simulation.draw import draw
from tests.simulation.schedule import Commit, Deed, Schedule, Step
from tests.simulation.shrink import without_steps

PAUSE_MAX_S: Final = 1.0


def draw_calm(seed: int, steps: int) -> Schedule:
    """Draw the schedule of *seed*, of at most so many *steps*."""
    drawn = draw(seed)
    numbers = [
        number for number, step in enumerate(drawn.steps) if isinstance(step.act, Commit | Deed)
    ]
    left_out = {*range(len(drawn.steps))} - {*numbers[:steps]}
    schedule = without_steps(drawn, left_out)
    quick = tuple(replace(step, pause_s=min(step.pause_s, PAUSE_MAX_S)) for step in schedule.steps)
    return replace(schedule, steps=quick, edge=False)


def hangs_on_the_moment(step: Step) -> bool:
    """
    Tell whether what comes of *step* depends on how far the controller is.

    A container that a person ends during its rollout makes its revision bad, and from a bad one
    the controller goes back to the last that was brought up.
    """
    return not isinstance(step.act, Commit) or not step.act.model.is_good

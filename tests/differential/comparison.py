"""
One schedule on both sides, and where their ends differ.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker

from tests.differential.end_state import EndState, differences
from tests.differential.images import make_images
from tests.differential.real import carry_out
from tests.differential.schedule import draw_calm
from tests.differential.simulated import simulate

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    What came of a schedule.

    Attributes:
        facts: How many things of the simulated end were compared.
        differences: A line each.
        told: The steps, and what the real controller told.
    """

    seed: int
    steps: int
    facts: int
    differences: tuple[str, ...]
    told: tuple[str, ...]
    seconds: float


def compare(top: Path, seed: int, *, steps: int) -> Comparison:
    """Run the schedule of *seed* on both sides, the real one in a repository below *top*."""
    began = time.monotonic()
    schedule = draw_calm(seed, steps)
    simulated: EndState = {}
    found: list[str] = []
    told: list[str] = []
    try:
        simulated = simulate(schedule)
        with closing(docker.APIClient(version="auto")) as client:
            make_images(client, schedule)
        real = carry_out(schedule, top / str(seed), simulated, told)
        found += differences(simulated, real)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other schedules go on
        found.append(f"{type(error).__name__}: {error}")
    return Comparison(
        seed=seed,
        steps=len(schedule.steps),
        facts=len(simulated),
        differences=tuple(found),
        told=(*(step.text for step in schedule.steps), *told),
        seconds=time.monotonic() - began,
    )

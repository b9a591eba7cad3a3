"""
What the differential run compares, and that it finds what differs.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.differential.comparison import compare
from tests.differential.end_state import differences
from tests.differential.schedule import draw_calm
from tests.differential.side import play
from tests.differential.simulated import SimulatedSide, simulate
from tests.engine_world import DockerHands
from tests.simulation.meddling import meddle
from tests.simulation.models import REGISTRY
from tests.simulation.run import world_of
from tests.simulation.schedule import Commit, Deed, DeedKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 1
STEPS = 3


def test_a_schedule_has_commits_and_deeds_only_and_no_more_than_asked() -> None:
    for seed in range(50):
        schedule = draw_calm(seed, STEPS)
        assert 0 < len(schedule.steps) <= STEPS
        assert all(isinstance(step.act, Commit | Deed) for step in schedule.steps)


@pytest.mark.parametrize("kind", DeedKind)
def test_whatever_a_person_does_after_the_end_is_a_difference(kind: DeedKind) -> None:
    schedule = draw_calm(SEED, STEPS)
    expected = simulate(schedule)

    with world_of(schedule) as world:
        side = SimulatedSide(world)
        play(side, schedule)
        assert not list(differences(expected, dict(side.end())))
        meddle(side.hands, kind, side.containers("staging")[0])
        found = list(differences(expected, dict(side.end())))

    assert found
    assert all("staging" in line for line in found)


@pytest.fixture
def _images_go() -> Iterator[None]:
    yield
    with closing((hands := DockerHands()).client):
        hands.remove_images(f"{REGISTRY}/")


@pytest.mark.engine
@pytest.mark.long  # make differential
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_images_go")
def test_the_real_engine_ends_as_the_simulated_one(tmp_path: Path) -> None:
    found = compare(tmp_path, SEED, steps=STEPS)

    assert found.facts > 50
    assert found.differences == (), found.told

"""
Rollouts under a steady load, beside what `docker compose up -d` makes of the same changes.

`make rollouts` is the same with the shop and two hundred times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.rollouts.contest import OURS, THEIRS, race

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]

ROLLOUTS = 4
RPS = 200.0


def test_rollouts_cost_nobody_a_request_and_those_of_docker_compose_do(tmp_path: Path) -> None:
    ours, theirs = race(tmp_path, shop=False, rollouts=ROLLOUTS, rps=RPS, say=print)

    assert (ours.name, theirs.name) == (OURS, THEIRS)
    assert len(ours.seconds) == len(theirs.seconds) == ROLLOUTS
    assert ours.load.failed == 0, ours.load.text()
    assert ours.load.wrong == 0, ours.load.text()
    assert [*ours.load.by_generation] == ["r1", "r2", "r3", "r4", "v1"]
    assert ours.load.requests > RPS * ROLLOUTS
    assert ours.load.rate > 0.95 * RPS
    assert theirs.load.failed > ROLLOUTS

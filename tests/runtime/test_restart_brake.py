"""What ends by itself is started ever more slowly, also when the controller begins anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.planning.backoff import STARTS_MAX, WINDOW_S
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


def test_a_controller_that_begins_anew_starts_no_more_often(ground: QuickGround) -> None:
    ground.commit(f"{{db: {{image: {BASE_IMAGE}}}}}")
    starts: set[float] = set()
    ended_at = ground.clock.monotonic() + WINDOW_S
    while ground.clock.monotonic() < ended_at:
        ground.worker()._cycle()
        for container in ground.engine.containers.values():
            starts.add(container.started_at)
            if container.lives:
                container.end(ground.engine.now, 1)
        ground.clock.advance(1.0)
        ground.engine.now += 1.0

    assert 3 <= len(starts) <= STARTS_MAX

"""A revision that crashes soon after it came up is given up, however many tries that took."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import EngineUnreachableError
from sandbox.planning.labels import SERVICE
from sandbox.runtime.experience import CRASHES_MAX
from tests.fakes.engine_objects import Fault
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground

GOOD = f"{{db: {{image: {BASE_IMAGE}}}}}"
BAD = f"{{db: {{image: {BASE_IMAGE}, environment: {{BAD: '1'}}}}}}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


@pytest.mark.parametrize("lost", [False, True])
def test_a_revision_is_new_from_when_it_is_up(ground: QuickGround, *, lost: bool) -> None:
    ground.commit(GOOD)
    worker = ground.worker()
    worker._cycle()
    ground.clock.advance(3600.0)
    bad = ground.commit(BAD)
    if lost:
        error = EngineUnreachableError("the answer was lost")
        ground.engine.faults.append(Fault(error=error, method="create_container"))
    worker._cycle()
    if lost:
        worker._cycle()

    for _ in range(CRASHES_MAX):
        (db,) = (
            one
            for one in ground.engine.containers.values()
            if one.lives and one.labels[SERVICE] == "db"
        )
        db.end(ground.engine.now, 1)
        ground.clock.advance(5.0)
        worker._cycle()

    quarantine = ground.workspace.journal.quarantined("staging")
    assert quarantine is not None
    assert (quarantine.revision, quarantine.reason) == (
        bad,
        f"db crashed {CRASHES_MAX} times after it was ready",
    )

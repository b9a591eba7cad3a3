"""How long a controller with nothing to do waits until its next look."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.errors import EngineError
from sandbox.model.observed import ObservedState, Owner
from sandbox.runtime.worker import LOOK_S
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground


class FailingEngine(FakeEngine):
    """Fails at a look while *fails* says so."""

    fails = False

    @override
    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        if self.fails:
            raise EngineError("cannot list containers: 500", temporary=True)
        return super().observe(owner, image_references)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, FailingEngine()) as made:
        made.commit(f"{{db: {{image: {BASE_IMAGE}}}}}")
        yield made


def test_one_failed_look_makes_no_later_look_come_sooner(ground: QuickGround) -> None:
    worker = ground.worker()
    worker._cycle()
    assert worker._cycle() == LOOK_S
    assert isinstance(ground.engine, FailingEngine)

    ground.engine.fails = True
    assert worker._cycle() < LOOK_S
    ground.engine.fails = False
    ground.clock.advance(LOOK_S)

    assert [worker._cycle() for _ in range(3)] == [LOOK_S] * 3

"""
What an ingress proved counts no more once it is told something else, whatever happens then.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.errors import EngineUnreachableError
from sandbox.model.observed import ContainerState
from sandbox.model.record import Outcome
from sandbox.planning.labels import SERVICE
from tests.quick_ground import WEB, QuickGround, quick_ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


def test_an_ingress_that_was_told_something_unproven_is_told_again(ground: QuickGround) -> None:
    ground.commit(f"{{web: {WEB}}}")
    assert ground.sync().outcome is Outcome.SUCCEEDED
    (running,) = ground.ingress.running.values()
    serving = running.config
    assert [len(each.servers) for each in serving.backends] == [1]
    (web,) = [each for each in ground.engine.containers.values() if each.labels[SERVICE] == "web"]

    ground.engine.pause(web.id)
    ground.ingress.loses = True
    with suppress(EngineUnreachableError):
        ground.sync()
    assert [len(each.servers) for each in running.config.backends] == [0]
    web.state = ContainerState.RUNNING
    assert ground.sync().outcome is Outcome.SUCCEEDED

    assert running.config == serving
    assert ground.sync().steps == ()

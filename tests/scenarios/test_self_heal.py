"""
A controller that runs heals by itself what a stranger broke, within a moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.end_state import end_state
from tests.playground import Playground, engine, playground, small, until
from tests.scenarios import stranger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.engine

HEALED_S = 20.0
"""Far below the 30 s of the periodic look: an event of the engine must have woken the worker."""
KINDS = (
    stranger.limit_memory,
    stranger.detach_one,
    stranger.attach,
    stranger.rename,
    stranger.pause,
    stranger.stop,
    stranger.kill_dependency,
    stranger.remove,
    stranger.remove_network,
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for place in playground(tmp_path_factory.mktemp("heal") / "play"):
        place.commit_environment(small())
        place.sandbox("up", "staging")
        yield place


@pytest.mark.parametrize("act", KINDS, ids=[each.__name__ for each in KINDS])
def test_drift_is_healed_by_itself(
    ground: Playground, act: Callable[[stranger.Stranger], None]
) -> None:
    before = end_state(ground)
    with engine() as client:
        act(stranger.Stranger(client=client, ground=ground))
    began = time.monotonic()
    until(lambda: end_state(ground) == before, "as before", seconds=HEALED_S)
    until(lambda: _says(ground) == ("synced", "healthy"), "said to be", seconds=HEALED_S)
    print(f"{act.__name__}: healed after {time.monotonic() - began:.2f} s")


def _says(ground: Playground) -> tuple[str, str]:
    """
    What status says; the sync that heals ends a moment after its last step.
    """
    status = ground.status()
    return status["sync"], status["health"]

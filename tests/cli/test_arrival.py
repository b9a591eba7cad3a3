"""A commit that cannot arrive is not waited for."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.adapters.system_clock import SystemClock
from sandbox.cli.arrival import _await_commit
from sandbox.errors import HeldError
from sandbox.model.promotion import Promotion
from sandbox.model.status import EnvironmentStatus
from tests.fakes.control import FakeControl
from tests.quick_ground import WEB, quick_ground


@pytest.mark.slow
def test_a_commit_that_is_held_back_ends_the_wait_for_it(tmp_path: Path) -> None:
    with quick_ground(tmp_path) as ground:
        commit = ground.commit(f"{{web: {WEB}}}")
        status = EnvironmentStatus(
            name="staging", held=("web-1: port 80 is taken",), next_step="sandbox plan staging"
        )
        promotion = Promotion(environment="staging", release=commit, commit=commit, branch="main")
        workspace = replace(ground.workspace, clock=SystemClock())
        began = time.monotonic()

        with pytest.raises(HeldError, match="staging: web-1: port 80 is taken") as raised:
            _await_commit(
                workspace, FakeControl(statuses=[status]), promotion, 0, ground.told.append
            )

        assert raised.value.remedy == "sandbox plan staging"
        assert time.monotonic() - began < 10.0

"""A suspension counts from the moment that it is told."""

from pathlib import Path
from typing import Any

import pytest

import sandbox.runtime.worker
from sandbox.runtime.suspension import suspend
from sandbox.runtime.sync import Look, look
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import quick_ground


def test_what_was_looked_at_before_a_suspension_is_not_acted_upon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with quick_ground(tmp_path) as ground:
        ground.commit(f"{{db: {{image: {BASE_IMAGE}}}}}")

        def look_and_suspend(*args: Any) -> Look:
            seen = look(*args)
            suspend(ground.workspace, "staging", reason="a look at it")
            return seen

        monkeypatch.setattr(sandbox.runtime.worker, "look", look_and_suspend)
        ground.worker()._cycle()

        assert not ground.engine.containers

"""A controller that was told to end begins nothing any more."""

import threading
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from sandbox.runtime.controller import Controller
from tests.engine_world import wait_until
from tests.fakes.engine import FakeEngine
from tests.quick_ground import WEB, quick_ground

WAIT_S = 20.0


class LateEngine(FakeEngine):
    """Has an event under way when nobody listens any more."""

    def __init__(self) -> None:
        super().__init__()
        self.may_tell, self.has_told = threading.Event(), threading.Event()

    @override
    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        self.may_tell.wait(WAIT_S)
        wake("")
        self.has_told.set()


def test_an_event_that_comes_at_the_end_begins_no_worker(tmp_path: Path) -> None:
    engine = LateEngine()
    with quick_ground(tmp_path, engine) as ground, ground.workspace.lock.hold():
        ground.commit(f"{{web: {WEB}}}")
        controller = Controller(ground.workspace, ground.told.append)
        running = threading.Thread(target=controller.run, args=((),), daemon=True)
        running.start()
        wait_until(lambda: controller.worker("staging") is not None, "a worker")
        controller.stop()
        running.join(WAIT_S)
        assert controller.worker("staging") is None

        engine.may_tell.set()
        assert engine.has_told.wait(WAIT_S)

        assert controller.worker("staging") is None

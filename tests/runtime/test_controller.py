"""A controller begins nothing when it was told to end, nor what somebody else is at."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from sandbox.model.action import ContainerSpec
from sandbox.runtime.control import ControllerControl
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


class BusyEngine(FakeEngine):
    """Lets no creation of a container end for now, and writes down what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.may_create = threading.Event()
        self.asked: list[str] = []

    @override
    def create_container(
        self, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
    ) -> str:
        self.asked.append(spec.name)
        self.may_create.wait(WAIT_S)
        return super().create_container(spec, on_warning)


def test_an_environment_that_somebody_syncs_is_looked_after_when_that_is_over(
    tmp_path: Path,
) -> None:
    engine = BusyEngine()
    with quick_ground(tmp_path, engine) as ground, ground.workspace.lock.hold():
        ground.commit(f"{{web: {WEB}}}")
        controller = Controller(ground.workspace, ground.told.append)
        control = ControllerControl(controller)
        sync = threading.Thread(
            target=control.sync, args=("staging", ground.told.append), daemon=True
        )
        sync.start()
        wait_until(lambda: bool(engine.asked), "the person to create a container")

        control.up(["staging"])
        time.sleep(0.5)
        worker = controller.worker("staging")
        assert worker is not None
        assert len(set(engine.asked)) == len(engine.asked)

        engine.may_create.set()
        sync.join(WAIT_S)
        record = control.sync("staging", ground.told.append)
        assert record.steps == ()
        assert len(set(engine.asked)) == len(engine.asked)
        worker.stop()

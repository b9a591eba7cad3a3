"""What serves is stopped only when its replacement works at that very moment."""

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.model.observed import ContainerState
from sandbox.model.record import Outcome
from sandbox.planning.labels import SERVICE
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import FakeContainer
from tests.quick_ground import WEB, quick_ground

CHANGED = WEB.replace("image:", "environment: {A: b}, image:")


class WatchedEngine(FakeEngine):
    """Counts the stops at which nothing else of the service worked."""

    alone = 0

    @override
    def stop_container(self, container_id: str, grace_s: float) -> None:
        going = self.containers[container_id]
        others = [
            each
            for each in self.containers.values()
            if each is not going and each.labels[SERVICE] == going.labels[SERVICE]
        ]
        self.alone += not any(each.state == "running" and each.networks for each in others)
        super().stop_container(container_id, grace_s)


Deed = Callable[[FakeEngine, FakeContainer], None]
DEEDS: dict[str, Deed] = {
    "kill": lambda engine, one: engine.kill(one.id),
    "stop": lambda engine, one: one.end(engine.now, 143),
    "pause": lambda engine, one: engine.pause(one.id),
    "remove": lambda engine, one: engine.remove_by_force(one.id),
    "disconnect": lambda _, one: one.networks.clear(),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_person_who_changes_the_new_container_while_the_old_is_drained_loses_no_request(
    tmp_path: Path, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WatchedEngine()
    with quick_ground(tmp_path, engine) as ground:
        ground.commit(f"{{web: {WEB}}}")
        assert ground.sync().outcome is Outcome.SUCCEEDED
        drained: list[str] = []

        def drain(_: str, servers: Collection[str], *__: object) -> int:
            drained.extend(servers)
            new = next(
                each
                for each in engine.containers.values()
                if each.labels[SERVICE] == "web" and each.name not in servers
            )
            if len(drained) == 1:
                DEEDS[deed](engine, new)
            return 0

        monkeypatch.setattr(ground.ingress, "drain", drain)
        ground.commit(f"{{web: {CHANGED}}}")
        record = ground.sync()

        assert drained
        assert record.outcome is Outcome.SUCCEEDED
        assert engine.alone == 0
        (web,) = (each for each in engine.containers.values() if each.labels[SERVICE] == "web")
        assert web.lives
        (running,) = ground.ingress.running.values()
        assert {server.name for each in running.config.backends for server in each.servers} == {
            web.name
        }


ENDS: dict[str, Deed] = {
    "it has ended": lambda engine, one: one.end(engine.now, 1),
    "the engine starts it again": lambda _, one: setattr(one, "state", ContainerState.RESTARTING),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_revision_whose_container_ends_while_the_old_one_is_drained_has_failed(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WatchedEngine()
    with quick_ground(tmp_path, engine) as ground:
        ground.commit(f"{{web: {WEB}}}")
        assert ground.sync().outcome is Outcome.SUCCEEDED
        (old,) = (each for each in engine.containers.values() if each.labels[SERVICE] == "web")

        def drain(_: str, servers: Collection[str], *__: object) -> int:
            new = next(
                each
                for each in engine.containers.values()
                if each.labels[SERVICE] == "web" and each is not old
            )
            if old.name in servers:
                ENDS[end](engine, new)
            return 0

        monkeypatch.setattr(ground.ingress, "drain", drain)
        ground.commit(f"{{web: {CHANGED}}}")
        record = ground.sync()

        assert record.outcome is Outcome.FAILED
        assert "ended with exit code" in record.message
        assert engine.alone == 0
        assert old.lives
        (running,) = ground.ingress.running.values()
        served = {server.name for each in running.config.backends for server in each.servers}
        assert served == {old.name}

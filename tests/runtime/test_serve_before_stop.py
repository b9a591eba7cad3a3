"""What serves is stopped only when its replacement works at that very moment."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.model.observed import ContainerState
from sandbox.model.record import Outcome
from sandbox.planning.labels import SERVICE
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import FakeContainer
from tests.quick_ground import WEB, QuickGround, quick_ground

CHANGED = WEB.replace("image:", "environment: {A: b}, image:")


class WatchedEngine(FakeEngine):
    """Counts the stops at which nothing else of the service worked."""

    alone = 0

    @override
    def stop_container(self, container_id: str, grace_s: float) -> None:
        going = self.containers[container_id]
        others = [each for each in self.of(going.labels[SERVICE]) if each is not going]
        self.alone += not any(each.state == "running" and each.networks for each in others)
        super().stop_container(container_id, grace_s)

    def of(self, service: str) -> list[FakeContainer]:
        """Give the containers of *service*."""
        return [each for each in self.containers.values() if each.labels[SERVICE] == service]


Deed = Callable[[FakeEngine, FakeContainer], None]
DEEDS: dict[str, Deed] = {
    "kill": lambda engine, one: engine.kill(one.id),
    "stop": lambda engine, one: one.end(engine.now, 143),
    "pause": lambda engine, one: engine.pause(one.id),
    "remove": lambda engine, one: engine.remove_by_force(one.id),
    "disconnect": lambda _, one: one.networks.clear(),
}
ENDS: dict[str, Deed] = {
    "it has ended": lambda engine, one: one.end(engine.now, 1),
    "the engine starts it again": lambda _, one: setattr(one, "state", ContainerState.RESTARTING),
}


@dataclass
class Drain:
    """Stands for the ingress's; the first time, *deed* is done to what takes the place."""

    engine: WatchedEngine
    deed: Deed
    drained: list[str] = field(default_factory=list[str])

    def __call__(self, _: str, servers: Collection[str], *__: object) -> int:
        self.drained.extend(servers)
        if len(self.drained) == 1:
            new = next(each for each in self.engine.of("web") if each.name not in servers)
            self.deed(self.engine, new)
        return 0


def served(ground: QuickGround) -> set[str]:
    """Give the containers that the ingress sends requests to."""
    (running,) = ground.ingress.running.values()
    return {server.name for each in running.config.backends for server in each.servers}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_person_who_changes_the_new_container_while_the_old_is_drained_loses_no_request(
    tmp_path: Path, deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WatchedEngine()
    with quick_ground(tmp_path, engine) as ground:
        ground.commit(f"{{web: {WEB}}}")
        assert ground.sync().outcome is Outcome.SUCCEEDED
        drain = Drain(engine, DEEDS[deed])
        monkeypatch.setattr(ground.ingress, "drain", drain)
        ground.commit(f"{{web: {CHANGED}}}")
        record = ground.sync()

        assert drain.drained
        assert record.outcome is Outcome.SUCCEEDED
        assert engine.alone == 0
        (web,) = engine.of("web")
        assert web.lives
        assert served(ground) == {web.name}


@pytest.mark.parametrize("end", ENDS)
def test_a_revision_whose_container_ends_while_the_old_one_is_drained_has_failed(
    tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = WatchedEngine()
    with quick_ground(tmp_path, engine) as ground:
        ground.commit(f"{{web: {WEB}}}")
        assert ground.sync().outcome is Outcome.SUCCEEDED
        (old,) = engine.of("web")
        monkeypatch.setattr(ground.ingress, "drain", Drain(engine, ENDS[end]))
        ground.commit(f"{{web: {CHANGED}}}")
        record = ground.sync()

        assert record.outcome is Outcome.FAILED
        assert "ended with exit code" in record.message
        assert engine.alone == 0
        assert old.lives
        assert served(ground) == {old.name}

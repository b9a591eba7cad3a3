"""An answer that cannot be true is not acted on: nothing is doubled, no server is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.errors import ImplausibleError
from sandbox.model.observed import ObservedContainer, ObservedState
from sandbox.model.record import Outcome
from sandbox.planning.labels import SERVICE
from sandbox.planning.routes import INGRESS
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

SERVICES = f"{{web: {WEB}, db: {{image: {BASE_IMAGE}}}}}"


class LyingEngine(FakeEngine):
    """
    Leaves containers out of its lists, and of its inspects.

    Attributes:
        unlisted: Tells of a container whether the list is without it.
        unknown: Tells whether an inspect finds none.
    """

    unlisted: Callable[[ObservedContainer], bool] = staticmethod(lambda _: False)
    unknown: Callable[[ObservedContainer], bool] = staticmethod(lambda _: False)

    @override
    def observe(self, owner, image_references) -> ObservedState:  # type: ignore[no-untyped-def] # noqa: ANN001
        seen = super().observe(owner, image_references)
        return replace(
            seen, containers=tuple(each for each in seen.containers if not self.unlisted(each))
        )

    @override
    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        found = super().inspect_container(container_id)
        return None if found is None or self.unknown(found) else found


def everything(_: ObservedContainer) -> bool:
    return True


def only(name: str) -> Callable[[ObservedContainer], bool]:
    return lambda container: container.labels[SERVICE] == name


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, LyingEngine()) as made:
        made.commit(SERVICES)
        assert made.sync().outcome is Outcome.SUCCEEDED
        # It has answered requests, so it knows whom it sent them to.
        (running,) = made.ingress.running.values()
        for backend in running.config.backends:
            for server in backend.servers:
                running.requests[backend.name, server.name] += 1
        yield made


LIES: dict[str, tuple[Callable[[ObservedContainer], bool], Callable[[ObservedContainer], bool]]] = {
    "an empty list": (everything, lambda _: False),
    "a list without web": (only("web"), lambda _: False),
    "a list without the ingress": (only(INGRESS), lambda _: False),
    "a list without db": (only("db"), lambda _: False),
    "nothing is there at all": (everything, everything),
    "web is in no answer": (only("web"), only("web")),
    "inspects find nothing": (lambda _: False, everything),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_changes_nothing_and_ends_with_it(ground: QuickGround, lie: str) -> None:
    engine = ground.engine
    assert isinstance(engine, LyingEngine)
    before = {each.id: each.state for each in engine.containers.values()}
    (running,) = ground.ingress.running.values()
    config, told = running.config, len(running.applied)
    engine.unlisted, engine.unknown = LIES[lie]

    for _ in range(3):
        try:
            outcome = ground.sync().outcome
        except ImplausibleError:
            continue
        assert outcome in {Outcome.ERRORED, Outcome.SUCCEEDED}

    assert {each.id: each.state for each in engine.containers.values()} == before
    assert all(each.servers for each in config.backends)
    assert all(each.servers for one in running.applied[told:] for each in one.backends)
    assert running.config == config
    assert ground.workspace.journal.quarantined("staging") is None

    engine.unlisted = engine.unknown = lambda _: False
    record = ground.sync()
    assert (record.outcome, record.steps) == (Outcome.SUCCEEDED, ())


def test_a_new_commit_does_not_hide_who_serves(ground: QuickGround) -> None:
    engine = ground.engine
    assert isinstance(engine, LyingEngine)
    engine.unlisted = only("web")
    ground.commit(SERVICES.replace("image:", "environment: {A: b}, image:", 1))

    with pytest.raises(ImplausibleError, match="which runs and which the ingress serves"):
        ground.sync()

    (running,) = ground.ingress.running.values()
    assert all(each.servers for each in running.config.backends)


def test_containers_that_are_really_gone_are_made_again(ground: QuickGround) -> None:
    for container in list(ground.engine.containers.values()):
        if container.labels[SERVICE] == "web":
            ground.engine.remove_by_force(container.id)

    assert ground.sync().outcome is Outcome.SUCCEEDED

    (running,) = ground.ingress.running.values()
    assert all(each.servers for each in running.config.backends)

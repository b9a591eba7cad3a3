"""A new process does not believe a list without what an earlier one left there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typing_extensions import override

from sandbox.errors import ImplausibleError
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, ObservedState
from sandbox.model.ownership import Present
from sandbox.planning.labels import SERVICE
from tests.builders import a_desired_state, an_owner
from tests.fakes.engine import FakeEngine
from tests.owned_ground import DB, SERVICES, VOLUME, WEB, Ground

DB_CHANGED = a_desired_state(replace(SERVICES[0], environment={"CHANGED": "1"}), SERVICES[1])
WEB_CHANGED = a_desired_state(SERVICES[0], replace(SERVICES[1], environment={"CHANGED": "1"}))
ENVIRONMENT = an_owner().environment


class LyingEngine(FakeEngine):
    """
    Leaves objects out of its lists, and finds them when asked.

    Attributes:
        hidden: Services of containers, names of volumes, and the kinds that are left out.
    """

    hidden: frozenset[str] = frozenset()

    @override
    def observe(self, owner, image_references) -> ObservedState:  # type: ignore[no-untyped-def] # noqa: ANN001
        seen = super().observe(owner, image_references)
        hidden = self.hidden
        return replace(
            seen,
            containers=tuple(
                each for each in seen.containers if each.labels[SERVICE] not in hidden
            ),
            volumes=tuple(each for each in seen.volumes if each.name not in hidden),
            networks=() if "networks" in hidden else seen.networks,
            used_subnets=() if "networks" in hidden else seen.used_subnets,
        )


@pytest.fixture
def engine() -> LyingEngine:
    return LyingEngine(images=[WEB, DB])


@pytest.fixture
def ground(engine: LyingEngine) -> Ground:
    """Give an environment that runs, and a process that has just begun."""
    made = Ground()
    made.engine = engine
    made.restart()
    made.sync()
    made.restart()
    return made


def hide(engine: LyingEngine, *hidden: str) -> None:
    engine.hidden = frozenset(hidden)


def picture(engine: FakeEngine) -> object:
    return (
        {each.id: (each.name, each.state) for each in engine.containers.values()},
        sorted(engine.networks),
        sorted(engine.volumes),
    )


def live(engine: FakeEngine, service: str) -> int:
    return sum(each.lives for each in engine.containers.values() if each.labels[SERVICE] == service)


@pytest.mark.parametrize("hidden", [("db", "web"), ("db",), (VOLUME,), ("db", "web", VOLUME)])
@pytest.mark.parametrize("commit", [DB_CHANGED, WEB_CHANGED])
def test_the_first_list_of_a_process_is_held_against_what_was_there(
    ground: Ground, engine: LyingEngine, commit: DesiredState, hidden: tuple[str, ...]
) -> None:
    before = picture(engine)
    hide(engine, *hidden)
    for _ in range(2):
        with pytest.raises(ImplausibleError, match="and yet has it"):
            ground.sync(commit)
    assert picture(engine) == before

    hide(engine)
    ground.sync(commit)
    assert (live(engine, "db"), live(engine, "web")) == (1, 1)


def test_nothing_is_taken_down_by_half(ground: Ground, engine: LyingEngine) -> None:
    before = picture(engine)
    hide(engine, "db")
    with pytest.raises(ImplausibleError):
        ground.down()
    assert picture(engine) == before


def test_of_a_network_that_is_not_listed_no_second_one_is_made(
    ground: Ground, engine: LyingEngine
) -> None:
    before = picture(engine)
    hide(engine, "networks")
    ground.sync(DB_CHANGED)
    assert picture(engine) == before


def test_what_was_just_created_has_to_be_listed(ground: Ground, engine: LyingEngine) -> None:
    ground.sync(WEB_CHANGED)
    ground.restart()
    hide(engine, "web")
    with pytest.raises(ImplausibleError, match="lists no container"):
        ground.look()


def test_what_is_really_gone_is_made_again_and_asked_for_once(
    ground: Ground, engine: LyingEngine
) -> None:
    engine.remove_by_force(ground.container("db").id)
    ground.sync()
    assert ground.container("db").state is ContainerState.RUNNING
    there = frozenset(engine.containers)
    assert ground.journal.present(ENVIRONMENT) == Present(
        containers=there, volumes=frozenset({VOLUME})
    )

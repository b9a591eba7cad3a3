"""
The side on which everything is simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.observed import Owner
from tests.differential.end_state import EndState, end_state
from tests.differential.side import play
from tests.simulation.models import BRANCHES
from tests.simulation.repository import INSTANCE
from tests.simulation.run import LOOK_S, SETTLE_S, world_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.observed import ObservedContainer, ObservedState
    from tests.simulation.meddling import Hands
    from tests.simulation.models import CommitModel
    from tests.simulation.schedule import Schedule
    from tests.simulation.world import World

FIRST_LOOK_S: Final = 2.0


def simulate(schedule: Schedule) -> EndState:
    """Give the end of *schedule* in the simulation."""
    with world_of(schedule) as world:
        side = SimulatedSide(world)
        play(side, schedule)
        return dict(side.end())


class SimulatedSide:
    """`Side` on a `World`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.hands: Hands = world.engine

    def begin(self, models: Mapping[str, CommitModel]) -> None:
        self._world.repository.begin(dict(models))
        self._world.start_controller()
        self.wait(FIRST_LOOK_S)

    def commit(self, environment: str, model: CommitModel, *, force: bool) -> None:
        self._world.commit(environment, model, force=force)

    def containers(self, environment: str) -> Sequence[ObservedContainer]:
        return self._look(environment).containers

    def wait(self, seconds: float) -> None:
        self._world.baton.sleep(seconds)

    def await_calm(self) -> None:
        world = self._world
        began = world.baton.now
        while not self._is_calm():
            assert world.baton.now - began < SETTLE_S, [*self._unlike()]

    def end(self) -> Iterator[tuple[str, str]]:
        world = self._world
        for environment in BRANCHES:
            seen = self._look(environment)
            yield from end_state(
                seen, lambda id_: world.engine.containers[id_].spec.service.image, world.ingress
            )

    def _look(self, environment: str) -> ObservedState:
        owner = Owner(instance=INSTANCE, application="shop", environment=environment)
        return self._world.engine.observe(owner, ())

    def _is_calm(self) -> bool:
        """Let every environment be looked at, and tell whether nothing was left to change."""
        before = self._world.oracle.mutations.copy()
        self.wait(LOOK_S)
        return before == self._world.oracle.mutations and not any(self._unlike())

    def _unlike(self) -> Iterator[str]:
        oracle = self._world.oracle
        for environment in BRANCHES:
            if not oracle.wanted[environment].broken:
                yield from oracle.differences(environment, self._world.ingress)

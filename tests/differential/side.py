"""
One of two worlds that get the same commits and the same deeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sandbox.planning.labels import REPLICA, SERVICE
from tests.differential.schedule import hangs_on_the_moment
from tests.simulation.meddling import meddle
from tests.simulation.models import JOB
from tests.simulation.schedule import Commit, Deed, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from tests.simulation.meddling import Hands
    from tests.simulation.models import CommitModel


class Side(Protocol):
    """A repository with its controller, on some engine."""

    @property
    def hands(self) -> Hands: ...
    def begin(self, models: Mapping[str, CommitModel]) -> None: ...
    def commit(self, environment: str, model: CommitModel, *, force: bool) -> None: ...
    def containers(self, environment: str) -> Sequence[ObservedContainer]: ...
    def wait(self, seconds: float) -> None: ...
    def await_calm(self) -> None:
        """Wait until the controller has nothing left to do."""
        ...


def play(side: Side, schedule: Schedule) -> None:
    """Do all that *schedule* says, and wait until nothing is left to do."""
    side.begin(schedule.beginning)
    side.await_calm()
    for step in schedule.steps:
        if hangs_on_the_moment(step):
            side.await_calm()
        match step.act:
            case Commit(environment=environment, model=model, force=force):
                side.commit(environment, model, force=force)
            case Deed() as deed:
                _do(side, deed)
            case _:
                message = f"no commit and no deed: {step.text}"
                raise ValueError(message)
        side.wait(step.pause_s)
    for environment, model in schedule.fixes.items():
        side.commit(environment, model, force=False)
    side.await_calm()


def _do(side: Side, deed: Deed) -> None:
    """Do it to the container of that rank; a job that a person ended would wait for a person."""
    found = [
        one
        for one in side.containers(deed.environment)
        if one.labels[SERVICE] != JOB and deed.service in {"", one.labels[SERVICE]}
    ]
    found.sort(key=lambda one: (one.labels[SERVICE], int(one.labels[REPLICA])))
    if found:
        meddle(side.hands, deed.kind, found[deed.rank % len(found)])

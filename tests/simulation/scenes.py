"""
Several steps that belong together, as people and faults meet in bad moments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Final

from tests.simulation.calls import KILLS, FaultKind
from tests.simulation.changes import (
    NAMES,
    good_services,
    linked,
    renew_jobs,
    some_service,
    with_life,
)
from tests.simulation.models import JOB, CommitModel, Life, ServiceModel
from tests.simulation.schedule import (
    NEWEST,
    Act,
    Commit,
    Deed,
    DeedKind,
    Restart,
    Step,
    Stop,
    Trouble,
)

MENDED: Final = (DeedKind.STOP, DeedKind.PAUSE, DeedKind.CHANGE_MEMORY)
BY_HAND: Final = (*DeedKind, *MENDED, *MENDED, *MENDED)
BAD: Final = (Life.SICK, Life.SICK, Life.SICK, Life.CRASHES, Life.MISSING)
THEN_BY_HAND: Final = (*DeedKind, *[DeedKind.DISCONNECT] * 7)
EMPTY_FIRST: Final = (FaultKind.EMPTY_LIST, FaultKind.EMPTY_LIST, FaultKind.PARTIAL_LIST)
STORM_PAUSES_S: Final = (0.5, 1.5, 2.5, 4.5, 8.5)
"""Between kills of one container: as long as it takes to be started again, and a little."""


def scene(random: Random, environment: str, model: CommitModel) -> Iterator[Step]:
    """Draw one scene of *environment*, whose last commit is *model*."""
    services = good_services(random, model)
    kinds = ("hand", "twice", "verdict", "lie", "shrink", "farewell", "storm")
    match random.choices(kinds, (12, 6, 8, 5, 4, 8, 1))[0]:
        case "hand":
            yield from _hand(random, environment, services)
        case "twice":
            yield from _twice(random, environment)
        case "verdict":
            yield from _verdict(random, environment, services)
        case "lie":
            yield from _lie(random, environment, services)
        case "shrink":
            yield from _shrink(random, environment, services)
        case "farewell":
            yield from _farewell(random, environment, services)
        case _:
            yield from _storm(random, environment)


def _hand(random: Random, environment: str, services: list[ServiceModel]) -> Iterator[Step]:
    """A person changes the new container in the middle of a rollout."""
    index = random.choice([place for place, each in enumerate(services) if not each.job])
    services[index] = with_life(services[index], Life.SLOW)
    commit = _commit(environment, services, f"{services[index].name} {Life.SLOW}")
    yield Step(act=commit, pause_s=random.choice((0.4, 1.0, 2.0, 3.0)))
    deed = Deed(environment=environment, kind=random.choice(BY_HAND), rank=NEWEST)
    if random.random() < 0.5:
        yield Step(act=deed, pause_s=0.0)
        yield Step(act=Restart(), pause_s=6.0)
    else:
        yield Step(act=deed, pause_s=random.choice((0.4, 6.0, 35.0, 35.0)))


def _twice(random: Random, environment: str) -> Iterator[Step]:
    """A person does two things to one container."""
    rank, service = random.randrange(8), random.choice(("", "web"))
    for kind in (random.choice(MENDED), random.choice(THEN_BY_HAND)):
        deed = Deed(environment=environment, kind=kind, rank=rank, service=service)
        yield Step(act=deed, pause_s=random.choice((0.0, 0.0, 6.0)))


def _verdict(random: Random, environment: str, services: list[ServiceModel]) -> Iterator[Step]:
    """The controller ends while it awaits a bad revision, or judges it."""
    bad = _stop_first(random, services)
    bad = with_life(bad, random.choice(BAD))
    services[:] = [each for each in services if each.name != bad.name]
    services.append(bad)
    renew_jobs(services)
    yield Step(
        act=_commit(environment, services, f"{bad.name} {bad.life}"),
        pause_s=random.choice((2.0, 6.0)),
    )
    kill = Trouble(
        kind=random.choice(KILLS), spared=0, method=random.choice(("record_sync", "quarantine"))
    )
    acts: tuple[Act, ...] = (Restart(), Restart(), Stop(), kill, kill, kill)
    yield Step(act=random.choice(acts), pause_s=35.0)


def _stop_first(random: Random, services: list[ServiceModel]) -> ServiceModel:
    """Give a service of which no old container runs beside the new one, where there can be one."""
    stores = [each for each in services if each.stores]
    absent = sorted(set(NAMES) - {each.name for each in services} - {JOB})
    if absent and (not stores or random.random() < 0.3):
        return some_service(random, random.choice(absent))
    return (stores or [each for each in services if not each.job])[0]


def _lie(random: Random, environment: str, services: list[ServiceModel]) -> Iterator[Step]:
    """The first list that a new controller sees after a commit lies; a writer is changed."""
    if not any(each.stores for each in services):
        services.append(some_service(random, "db"))
        yield Step(act=_commit(environment, services, "add db"), pause_s=6.0)
    services[:] = [with_life(each, Life.GOOD) if each.stores else each for each in services]
    yield Step(act=_commit(environment, services, "version of db"), pause_s=0.0)
    lie = Trouble(kind=random.choice(EMPTY_FIRST), spared=random.randrange(2))
    yield Step(act=lie, pause_s=0.0)
    yield Step(act=Restart(), pause_s=random.choice((2.0, 6.0)))


def _shrink(random: Random, environment: str, services: list[ServiceModel]) -> Iterator[Step]:
    """A person stops a replica, and a commit changes its service and takes the other one off it."""
    index = next(place for place, each in enumerate(services) if each.name == "web")
    services[index] = replace(services[index], replicas=2)
    yield Step(act=_commit(environment, services, "2 of web"), pause_s=6.0)
    stop = Deed(environment=environment, kind=DeedKind.STOP, rank=0, service="web")
    yield Step(act=stop, pause_s=0.0)
    one = replace(services[index], replicas=1, version=services[index].version + 1)
    services[index] = one
    commit = _commit(environment, services, "1 of web, and version")
    yield Step(act=commit, pause_s=random.choice((2.0, 6.0)))


def _farewell(random: Random, environment: str, services: list[ServiceModel]) -> Iterator[Step]:
    """A service leaves the ingress, as the last one or one of two: dropped or published no more."""
    kept = [each for each in services if each.name != "api"]
    if random.random() < 0.5:
        kept = [replace(each, routed=each.routed or each.name == "web") for each in kept]
    api = replace(some_service(random, "api"), routed=True)
    yield Step(
        act=_commit(environment, [*kept, api], "web and api behind the ingress"), pause_s=6.0
    )
    if random.random() < 0.5:
        slow = Trouble(kind=FaultKind.SLOW, spared=random.randrange(2), method="stop_container")
        yield Step(act=slow, pause_s=0.0)
    what, pause_s = "drop api", random.choice((2.0, 6.0))
    if random.random() < 0.5:
        what = "publish api no more"
        kept.append(replace(api, routed=False, setting=api.setting + 1))
    yield Step(act=_commit(environment, kept, what), pause_s=pause_s)


def _storm(random: Random, environment: str) -> Iterator[Step]:
    """A person kills a container again and again, under one controller after the other."""
    kill = Deed(environment=environment, kind=DeedKind.KILL, rank=random.randrange(8))
    for _ in range(3):
        for pause_s in STORM_PAUSES_S:
            yield Step(act=kill, pause_s=pause_s)
        yield Step(act=Restart(), pause_s=0.4)


def _commit(environment: str, services: list[ServiceModel], what: str) -> Commit:
    return Commit(environment=environment, model=linked(services), what=what)

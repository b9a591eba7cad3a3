"""
What a commit changes, drawn: the services that there are, and what becomes of them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.simulation.models import (
    BAD_LIVES,
    GOOD_LIVES,
    JOB,
    CommitModel,
    Life,
    ServiceModel,
    Verdict,
)

NAMES: Final = ("web", "api", "worker", "cache", "db", JOB)
WAYS: Final = ("one", "one", "one", "one", "bad", "add", "drop", "all", "publish")


def first_model(random: Random) -> CommitModel:
    services = [ServiceModel(name="web", routed=random.random() < 0.6)]
    more = random.sample(NAMES[1:], random.randint(1, 2))
    services += [some_service(random, name) for name in more]
    return linked(services)


def some_service(random: Random, name: str) -> ServiceModel:
    if name == JOB:
        return ServiceModel(name=name, job=True)
    return ServiceModel(
        name=name,
        replicas=1 if name == "db" else random.choice((1, 1, 2)),
        probed=random.random() < 0.7,
        routed=name == "api" and random.random() < 0.5,
        stores=name == "db",
        life=random.choice(GOOD_LIVES),
    )


def linked(services: list[ServiceModel]) -> CommitModel:
    """Have the job depend on the database, and all others on both, where there are any."""
    names = {each.name for each in services}
    first = {"db": (), JOB: tuple(sorted({"db"} & names))}
    others = tuple(sorted({"db", JOB} & names))
    ordered = sorted(services, key=lambda each: each.name)
    return CommitModel(
        services=tuple(replace(each, after=first.get(each.name, others)) for each in ordered)
    )


def good_services(random: Random, model: CommitModel) -> list[ServiceModel]:
    """Give the services of *model*, mended where they are bad."""
    return list((model if model.is_good else fixed(random, model)).services)


def change(random: Random, services: list[ServiceModel]) -> str:
    """Change *services* in one way; give words for it."""
    index = random.randrange(len(services))
    one = services[index]
    match random.choice(WAYS):
        case "bad" if not one.job:
            life = random.choice(BAD_LIVES)
            services[index] = with_life(one, life)
            renew_jobs(services)
            return f"{one.name} {life}"
        case "add" if len(services) < len(NAMES):
            name = random.choice(sorted(set(NAMES) - {each.name for each in services}))
            services.append(some_service(random, name))
            return f"add {name}"
        case "drop" if len(services) > 1:
            routed = [each for each in services if each.routed and each.name != "web"]
            gone = random.choice(routed or [each for each in services if each.name != "web"])
            services.remove(gone)
            return f"drop {gone.name}"
        case "all":
            services[:] = [replace(each, version=each.version + 1) for each in services]
            return "version of all"
        case "publish":
            place = next(place for place, each in enumerate(services) if each.name == "web")
            services[place] = _published_or_not(services[place])
            return "publish web" if services[place].routed else "publish web no more"
        case _:
            services[index], what = _change_one(random, one)
            return f"{what} of {one.name}"


def renew_jobs(services: list[ServiceModel]) -> None:
    """Have jobs do something else: on the way back they must not run as before."""
    services[:] = [
        replace(each, version=each.version + 1) if each.job else each for each in services
    ]


def _published_or_not(one: ServiceModel) -> ServiceModel:
    return replace(one, routed=not one.routed, setting=one.setting + 1)


def _change_one(random: Random, one: ServiceModel) -> tuple[ServiceModel, str]:
    way = random.choice(("version", "version", "back", "setting", "replicas"))
    match way:
        case "version":
            return replace(one, version=one.version + 1, life=random.choice(GOOD_LIVES)), way
        case "back":
            return replace(one, setting=0), way
        case "replicas" if not one.job and not one.stores:
            return replace(one, replicas=random.randint(1, 3)), way
        case _:
            return replace(one, setting=one.setting + 1), "setting"


def fixed(random: Random, model: CommitModel) -> CommitModel:
    """Give a good commit that asks for something else."""
    services = [
        replace(each, life=Life.GOOD, version=each.version + 1) if each.life in BAD_LIVES else each
        for each in model.services
    ]
    index = random.randrange(len(services))
    services[index] = replace(services[index], setting=services[index].setting + 1)
    gates = tuple(replace(each, verdict=Verdict.PASSES) for each in model.gates)
    return replace(model, services=linked(services).services, gates=gates, broken=False)


def with_life(one: ServiceModel, life: Life) -> ServiceModel:
    probed = one.probed or life is Life.SICK
    return replace(one, version=one.version + 1, life=life, probed=probed)

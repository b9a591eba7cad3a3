"""
A schedule: what people commit and do, and what goes wrong, drawn from a seed before anything runs.

A step holds all that it needs, so that steps can be left out of a schedule that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final, TypeAlias, assert_never

from tests.simulation.asks import Ask
from tests.simulation.calls import KILLS, LIES, OF_CALLS, OF_EVENTS, FaultKind
from tests.simulation.models import (
    BAD_LIVES,
    BRANCHES,
    GOOD_LIVES,
    JOB,
    CommitModel,
    Life,
    ServiceModel,
    Verdict,
)

STEPS_MIN: Final = 20
STEPS_MAX: Final = 26
PAUSES_S: Final = (0.0, 0.0, 0.05, 0.4, 0.4, 2.0, 6.0, 35.0)
NAMES: Final = ("web", "api", "worker", "cache", "db", JOB)


class DeedKind(StrEnum):
    """What a person does to one of our containers, past us."""

    KILL = "kill"
    STOP = "stop"
    REMOVE = "remove"
    RENAME = "rename"
    PAUSE = "pause"
    DISCONNECT = "disconnect"
    CHANGE_MEMORY = "change the memory of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit on the branch of an environment; *force* leaves nothing of its history."""

    environment: str
    model: CommitModel
    what: str
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A person does something to the container of an environment that has this *rank*."""

    environment: str
    kind: DeedKind
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something goes wrong at the call after *spared* more that it could hit."""

    kind: FaultKind
    spared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The controller is killed where it is now, and begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The controller is told to end, as by SIGTERM, and begins again."""


Act: TypeAlias = Commit | Deed | Trouble | Restart | Stop | Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    What happens, and how many seconds pass afterwards.

    Attributes:
        turns: How often the baton may change hands before time passes.
    """

    act: Act
    pause_s: float
    turns: int = 0

    @property
    def text(self) -> str:
        match self.act:
            case Commit(environment=environment, what=what, force=force):
                words = f"{'force-push' if force else 'commit'} to {environment}: {what}"
            case Deed(environment=environment, kind=kind, rank=rank):
                words = f"a person: {kind} container {rank} of {environment}"
            case Trouble(kind=kind, spared=spared):
                words = f"to come: {kind}, after {spared} calls"
            case Ask():
                words = self.act.text
            case Restart():
                words = "the controller is killed and begins again"
            case Stop():
                words = "the controller is told to end and begins again"
            case _:
                assert_never(self.act)
        return f"{words}; {self.pause_s:g} s pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    Attributes:
        beginning: What each environment is before the first step.
        fixes: What is committed when all steps are over, by environment.
        edge: The machine wants an edge.
        wide: Calls count too that the schedules which failed once know nothing of.
    """

    seed: int
    beginning: dict[str, CommitModel]
    steps: tuple[Step, ...]
    fixes: dict[str, CommitModel]
    edge: bool = False
    wide: bool = False


def draw(seed: int) -> Schedule:
    """Draw the schedule of *seed*."""
    random = Random(f"schedule {seed}")
    beginning = {name: _first_model(random) for name in BRANCHES}
    models, steps = dict(beginning), []
    deeds = 0
    for _ in range(random.randint(STEPS_MIN, STEPS_MAX)):
        act = _act(random, models)
        if isinstance(act, Commit):
            models[act.environment] = act.model
        deeds += isinstance(act, Deed)
        steps.append(Step(act=act, pause_s=random.choice(PAUSES_S)))
    fixes = {
        name: fixed(random, model)
        for name, model in models.items()
        if needs_fix(model) or random.random() < 0.6
    }
    return Schedule(
        seed=seed,
        beginning=beginning,
        steps=tuple(steps),
        fixes=fixes,
        edge=random.random() < 0.3,
    )


def needs_fix(model: CommitModel) -> bool:
    """Tell whether *model* cannot be the end: the program goes back from all else that is bad."""
    return model.broken


def _act(random: Random, models: dict[str, CommitModel]) -> Act:
    environment = random.choice(sorted(models))
    match random.choices(
        ("commit", "deed", "call", "lie", "event", "kill", "restart"), (8, 5, 5, 2, 1, 2, 1)
    )[0]:
        case "commit":
            return _commit(random, environment, models[environment])
        case "deed":
            return Deed(
                environment=environment,
                kind=random.choice(list(DeedKind)),
                rank=random.randrange(8),
            )
        case "call":
            return Trouble(kind=random.choice(OF_CALLS), spared=random.randrange(40))
        case "lie":
            return Trouble(kind=random.choice(LIES), spared=random.randrange(3))
        case "event":
            return Trouble(kind=random.choice(OF_EVENTS), spared=random.randrange(6))
        case "kill":
            return Trouble(kind=random.choice(KILLS), spared=random.randrange(60))
        case "restart":
            return Restart()
        case _:
            return Stop()


def _first_model(random: Random) -> CommitModel:
    services = [ServiceModel(name="web", routed=random.random() < 0.6)]
    more = random.sample(NAMES[1:], random.randint(1, 2))
    services += [_service(random, name) for name in more]
    return _model(services)


def _service(random: Random, name: str) -> ServiceModel:
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


def _model(services: list[ServiceModel]) -> CommitModel:
    """Have the job depend on the database, and all others on both, where there are any."""
    names = {each.name for each in services}
    first = {"db": (), JOB: tuple(sorted({"db"} & names))}
    others = tuple(sorted({"db", JOB} & names))
    linked = [replace(each, after=first.get(each.name, others)) for each in services]
    return CommitModel(services=tuple(sorted(linked, key=lambda each: each.name)))


def _commit(random: Random, environment: str, model: CommitModel) -> Commit:
    services = list((fixed(random, model) if not model.is_good else model).services)
    index = random.randrange(len(services))
    one = services[index]
    way = random.choice(
        ("version", "version", "back", "setting", "replicas", "add", "drop", "bad", "broken")
    )
    force = random.random() < 0.15
    what = f"{way} of {one.name}"
    match way:
        case "version":
            services[index] = replace(one, version=one.version + 1, life=random.choice(GOOD_LIVES))
        case "back":
            services[index] = replace(one, setting=0)
        case "replicas" if not one.job and not one.stores:
            services[index] = replace(one, replicas=random.randint(1, 3))
        case "add" if len(services) < len(NAMES):
            name = random.choice(sorted(set(NAMES) - {each.name for each in services}))
            services.append(_service(random, name))
            what = f"add {name}"
        case "drop" if one.name != "web":
            del services[index]
        case "bad" if not one.job:
            life = random.choice(BAD_LIVES)
            bad = replace(one, version=one.version + 1, life=life)
            if life is Life.SICK:
                bad = replace(bad, probed=True)
            services[index] = bad
            what = f"{one.name} {life}"
        case "broken":
            broken = replace(_model(services), broken=True)
            return Commit(
                environment=environment, model=broken, what="no Compose file", force=force
            )
        case _:
            services[index] = replace(one, setting=one.setting + 1)
            what = f"setting of {one.name}"
    return Commit(environment=environment, model=_model(services), what=what, force=force)


def fixed(random: Random, model: CommitModel) -> CommitModel:
    """Give a good commit that asks for something else."""
    services = [
        replace(each, life=Life.GOOD, version=each.version + 1) if each.life in BAD_LIVES else each
        for each in model.services
    ]
    index = random.randrange(len(services))
    services[index] = replace(services[index], setting=services[index].setting + 1)
    gates = tuple(replace(each, verdict=Verdict.PASSES) for each in model.gates)
    return replace(model, services=_model(services).services, gates=gates, broken=False)


def without_steps(schedule: Schedule, left_out: set[int]) -> Schedule:
    """
    Give *schedule* without some of its steps.

    An environment that cannot be left with its last commit gets a good one.
    """
    kept = tuple(step for index, step in enumerate(schedule.steps) if index not in left_out)
    last = dict(schedule.beginning)
    last |= {each.environment: each.model for each in commits(kept)}
    random = Random(0)
    fixes = {
        name: schedule.fixes.get(name) or fixed(random, model)
        for name, model in last.items()
        if needs_fix(model) or name in schedule.fixes
    }
    return replace(schedule, steps=kept, fixes=fixes)


def commits(steps: tuple[Step, ...]) -> Iterator[Commit]:
    return (step.act for step in steps if isinstance(step.act, Commit))

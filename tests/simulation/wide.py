"""
Schedules of a wider world: gates, releases that are promoted, and commands that people give.

They are drawn from streams of their own, so that a seed has the same schedule besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final

from tests.simulation.asks import Ask, AskKind
from tests.simulation.calls import OF_WIDE, FaultKind
from tests.simulation.changes import NAMES, fixed
from tests.simulation.draw import PAUSES_S
from tests.simulation.draw import draw as draw_narrow
from tests.simulation.models import (
    BRANCHES,
    JOB,
    CommitModel,
    GateModel,
    Manner,
    Mount,
    ServiceModel,
    Verdict,
)
from tests.simulation.schedule import Commit, Schedule, Step, Trouble, commits

PROMOTED: Final = 0.4
"""How many schedules have releases and gates."""
ASKS_MIN, ASKS_MAX = 3, 6
RELEASES: Final = (1, 3)
RELEASE: Final = 100
TURNS: Final = (0, 0, 2, 8, 30)
TROUBLES: Final = 3
SPARED: Final = {
    FaultKind.NO_ANSWER: 40,
    FaultKind.ENGINE_RESTARTED: 60,
    FaultKind.NETWORKS_UNLISTED: 4,
    FaultKind.VOLUMES_UNLISTED: 4,
    FaultKind.GIT_FAILS: 20,
    FaultKind.BRANCH_MOVED: 10,
    FaultKind.CLOCK_FORWARD: 40,
    FaultKind.CLOCK_BACK: 40,
    FaultKind.JOURNAL_LOST: 60,
}
"""So many calls that it could hit are spared at most."""
SECRETS: Final = 0.6
RESTARTED: Final = 0.4
BAD_GATE: Final = 0.3
DOWN: Final = 0.25
HOOKED, MOUNTED, CACHES, MOVES, MANNER = 0.25, 0.25, 0.15, 0.2, 0.3
"""How likely a service does so."""
Habit = Callable[[ServiceModel], ServiceModel]
OF_PRODUCTION: Final = (
    AskKind.PROMOTE,
    AskKind.PROMOTE,
    AskKind.PROMOTE,
    AskKind.FORCE,
    AskKind.PIN,
    AskKind.UNPIN,
    AskKind.ROLLBACK,
    AskKind.ROLLBACK,
    AskKind.ROLLBACK_TO,
)
OF_ANY: Final = (
    AskKind.SUSPEND,
    AskKind.RESUME,
    AskKind.SYNC,
    AskKind.RERUN,
    AskKind.STATUS,
)


def draw(seed: int) -> Schedule:
    """Draw the schedule of *seed*, with all that can be in one."""
    schedule = draw_narrow(seed)
    random = Random(f"promotion {seed}")
    if random.random() < PROMOTED:
        schedule = _with_promotion(random, schedule)
    schedule = _with_troubles(Random(f"troubles {seed}"), schedule)
    return _with_habits(Random(f"habits {seed}"), _with_down(Random(f"down {seed}"), schedule))


def _with_down(random: Random, schedule: Schedule) -> Schedule:
    """Have a person take an environment down, and bring it up again."""
    if random.random() >= DOWN:
        return schedule
    environment = random.choice(sorted(BRANCHES))
    kind = random.choice((AskKind.DOWN, AskKind.DOWN_VOLUMES))
    steps = list(schedule.steps)
    at = random.randrange(len(steps) + 1)
    back = random.randrange(at, len(steps) + 1)
    steps.insert(back, Step(act=Ask(environment=environment, kind=AskKind.UP), pause_s=2.0))
    pause_s = random.choice(PAUSES_S)
    steps.insert(at, Step(act=Ask(environment=environment, kind=kind), pause_s=pause_s))
    return replace(schedule, steps=tuple(steps))


def _with_habits(random: Random, schedule: Schedule) -> Schedule:
    """Have services run hooks, mount folders of the commit, declare volumes, move, be canaries."""
    habits = {name: _habit(random) for name in NAMES if name != JOB}

    def widened(model: CommitModel) -> CommitModel:
        services = (habits[one.name](one) if one.name in habits else one for one in model.services)
        return replace(model, services=tuple(services))

    return replace(
        schedule,
        beginning={name: widened(model) for name, model in schedule.beginning.items()},
        steps=tuple(
            replace(step, act=replace(step.act, model=widened(step.act.model)))
            if isinstance(step.act, Commit)
            else step
            for step in schedule.steps
        ),
        fixes={name: widened(model) for name, model in schedule.fixes.items()},
    )


def _habit(random: Random) -> Habit:
    hooked, moves = random.random() < HOOKED, random.random() < MOVES
    mount = random.choice((Mount.READ, Mount.WRITE)) if random.random() < MOUNTED else Mount.NONE
    cached = random.random() < CACHES
    manner = random.choice((Manner.CANARY, Manner.BATCHES)) if random.random() < MANNER else ""

    def of(one: ServiceModel) -> ServiceModel:
        return replace(
            one,
            hooked=hooked,
            mount=mount,
            cached=cached and not one.built,
            apart=moves and one.setting % 2 == 1,
            manner=Manner(manner),
        )

    return of


def _with_troubles(random: Random, schedule: Schedule) -> Schedule:
    """Have more go wrong; a journal that is lost leaves nothing to go back to."""
    steps = list(schedule.steps)
    kinds = random.sample(OF_WIDE, TROUBLES)
    for kind in kinds:
        trouble = Trouble(kind=kind, spared=random.randrange(SPARED[kind]))
        steps.insert(random.randrange(len(steps)), Step(act=trouble, pause_s=0.0))
    fixes = dict(schedule.fixes)
    if FaultKind.JOURNAL_LOST in kinds:
        last = schedule.beginning | {each.environment: each.model for each in commits(tuple(steps))}
        fixes = {name: fixed(random, model) for name, model in last.items()} | fixes
    return replace(schedule, steps=tuple(steps), fixes=fixes)


def _with_promotion(random: Random, schedule: Schedule) -> Schedule:
    """Have the web service built, gates before it is let in, and releases promoted."""
    gates = {"staging": _gates(random, 0.8), "production": _gates(random, 0.2)}
    soak_s = random.choice((0, 0, 0, 15))
    secrets = {name for name in ("web", "api", "db") if random.random() < SECRETS}
    restarted = {name for name in ("web", "api", "worker") if random.random() < RESTARTED}

    def widened(environment: str, model: CommitModel, *, good: bool) -> CommitModel:
        return replace(
            model,
            services=tuple(
                replace(
                    one,
                    built=one.name == "web",
                    restart=one.name in restarted,
                    secret=one.name in secrets,
                )
                for one in model.services
            ),
            gates=tuple(_judging(random, each, good=good) for each in gates[environment]),
            promoted=environment == "production",
            soak_s=soak_s if environment == "production" else 0,
        )

    steps = [
        replace(step, act=replace(act, model=widened(act.environment, act.model, good=False)))
        if isinstance(act := step.act, Commit)
        else step
        for step in schedule.steps
    ]
    for _ in range(random.randint(ASKS_MIN, ASKS_MAX)):
        pause_s, turns = random.choice(PAUSES_S), random.choice(TURNS)
        step = Step(act=_ask(random), pause_s=pause_s, turns=turns)
        steps.insert(random.randrange(len(steps) + 1), step)
    for number in range(random.randint(*RELEASES)):
        at = random.randrange(len(steps) + 1)
        before = _last_of_staging(steps[:at]) or widened(
            "staging", schedule.beginning["staging"], good=True
        )
        steps[at:at] = _release(random, before, number)
    return replace(
        schedule,
        beginning={
            name: widened(name, each, good=True) for name, each in schedule.beginning.items()
        },
        steps=tuple(steps),
        fixes={name: widened(name, each, good=True) for name, each in schedule.fixes.items()},
    )


def _last_of_staging(steps: list[Step]) -> CommitModel | None:
    acts = [step.act for step in steps if isinstance(step.act, Commit)]
    return next((act.model for act in reversed(acts) if act.environment == "staging"), None)


def _release(random: Random, before: CommitModel, number: int) -> list[Step]:
    """Have staging bring up a release, and promote it: at leisure, or while it changes its mind."""
    good = fixed(random, before)
    services = (
        replace(one, version=RELEASE * (number + 1) + one.version) if one.built else one
        for one in good.services
    )
    released = replace(good, services=tuple(services))
    at_leisure = random.random() < 0.75
    pauses_s = (random.choice((6.0, 20.0, 35.0)), 0.4) if at_leisure else (0.0, 0.0)
    ask = Ask(environment="production", kind=AskKind.PROMOTE, twice=random.random() < 0.4)
    steps = [
        Step(act=_commit(released, "release"), pause_s=pauses_s[0]),
        Step(act=ask, pause_s=pauses_s[1], turns=random.choice(TURNS)),
    ]
    if not at_leisure:
        steps.append(Step(act=_commit(good, "the release before"), pause_s=2.0))
    return steps


def _commit(model: CommitModel, what: str) -> Commit:
    return Commit(environment="staging", model=model, what=what)


def _gates(random: Random, likely: float) -> tuple[GateModel, ...]:
    unit, smoke = GateModel(name="unit", phase="before"), GateModel(name="smoke", phase="after")
    return tuple(gate for gate in (unit, smoke) if random.random() < likely)


def _judging(random: Random, gate: GateModel, *, good: bool) -> GateModel:
    if good or random.random() >= BAD_GATE:
        return gate
    return replace(gate, verdict=random.choice((Verdict.FAILS, Verdict.HANGS)))


def _ask(random: Random) -> Ask:
    if random.random() < 0.7:
        environment, kind = "production", random.choice(OF_PRODUCTION)
    else:
        environment, kind = random.choice(sorted(BRANCHES)), random.choice(OF_ANY)
    twice = random.random() < 0.4
    return Ask(environment=environment, kind=kind, rank=random.randrange(4), twice=twice)

"""
Draw a schedule from its seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from tests.simulation.calls import KILLS, LIES, OF_CALLS, OF_EVENTS, FaultKind
from tests.simulation.changes import change, first_model, fixed, good_services, linked
from tests.simulation.models import BRANCHES, CommitModel
from tests.simulation.scenes import scene
from tests.simulation.schedule import (
    Act,
    Commit,
    Deed,
    DeedKind,
    Restart,
    Schedule,
    Step,
    Stop,
    Trouble,
    commits,
)

STEPS: Final = 17
"""So many at least; what a wider world adds makes them twenty and more."""
PAUSES_S: Final = (0.0, 0.0, 0.05, 0.4, 0.4, 2.0, 6.0, 35.0)
SCENES: Final = 0.4
"""How likely a step begins a scene."""
AIMED: Final = (
    "observe",
    "create_container",
    "start_container",
    "stop_container",
    "remove_container",
    "inspect_container",
)
"""Calls of the engine that faults are aimed at."""
AIMED_KILLS: Final = (
    *AIMED[1:5],
    "apply",
    "mark_routed",
    "mark_ready",
    "record_sync",
    "quarantine",
)


def draw(seed: int) -> Schedule:
    """Draw the schedule of *seed*."""
    random = Random(f"schedule {seed}")
    beginning = {name: first_model(random) for name in BRANCHES}
    models, steps = dict(beginning), list[Step]()
    while len(steps) < STEPS:
        fresh = _steps(random, models)
        models |= {each.environment: each.model for each in commits(tuple(fresh))}
        steps += fresh
    # The program goes back by itself from all that is bad but not broken.
    fixes = {
        name: fixed(random, model)
        for name, model in models.items()
        if model.broken or random.random() < 0.6
    }
    return Schedule(
        seed=seed,
        beginning=beginning,
        steps=tuple(steps),
        fixes=fixes,
        deeds=tuple(_deed(random, name) for name in BRANCHES),
        edge=random.random() < 0.3,
    )


def _steps(random: Random, models: dict[str, CommitModel]) -> list[Step]:
    environment = random.choice(sorted(models))
    if random.random() < SCENES:
        return list(scene(random, environment, models[environment]))
    return [
        Step(act=_act(random, environment, models[environment]), pause_s=random.choice(PAUSES_S))
    ]


def _act(random: Random, environment: str, model: CommitModel) -> Act:
    match random.choices(
        ("commit", "deed", "call", "lie", "event", "kill", "restart"), (8, 5, 5, 2, 1, 2, 1)
    )[0]:
        case "commit":
            return _commit(random, environment, model)
        case "deed":
            return _deed(random, environment)
        case "call":
            return _trouble(random, OF_CALLS, 40, AIMED)
        case "lie":
            return Trouble(kind=random.choice(LIES), spared=random.randrange(3))
        case "event":
            return Trouble(kind=random.choice(OF_EVENTS), spared=random.randrange(6))
        case "kill":
            return _trouble(random, KILLS, 60, AIMED_KILLS)
        case "restart":
            return Restart()
        case _:
            return Stop()


def _trouble(
    random: Random, kinds: Sequence[FaultKind], calls: int, aims: Sequence[str]
) -> Trouble:
    """Draw one that hits any call, or one of the next three of a name."""
    if random.random() < 0.6:
        return Trouble(kind=random.choice(kinds), spared=random.randrange(calls))
    return Trouble(
        kind=random.choice(kinds), spared=random.randrange(3), method=random.choice(aims)
    )


def _deed(random: Random, environment: str) -> Deed:
    kind = random.choice(list(DeedKind))
    return Deed(environment=environment, kind=kind, rank=random.randrange(8))


def _commit(random: Random, environment: str, model: CommitModel) -> Commit:
    services = good_services(random, model)
    force = random.random() < 0.15
    if random.random() < 0.1:
        model, what = replace(linked(services), broken=True), "no Compose file"
    else:
        what = change(random, services)
        model = linked(services)
    return Commit(environment=environment, model=model, what=what, force=force)

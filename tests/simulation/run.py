"""
Run one schedule: its steps, then no faults any more, then judge whether all comes right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import sandbox.runtime.controller
from sandbox.runtime.desired import load_at
from sandbox.runtime.whereabouts import environments_at
from sandbox.secrecy import vault
from tests.simulation.asks import Ask, AskKind
from tests.simulation.baton import Baton
from tests.simulation.calls import Fault, FaultKind
from tests.simulation.models import BRANCHES
from tests.simulation.oracle import Violation
from tests.simulation.remembered import remembered_files, remembered_plans
from tests.simulation.schedule import Commit, Deed, Restart, Schedule, Step, Stop, Trouble, commits
from tests.simulation.secrets import leaks
from tests.simulation.stand_ins import simulated_runtime
from tests.simulation.world import World

SETTLE_S: Final = 900.0
LOOK_S: Final = 35.0
"""A look of each environment."""
QUIET_S: Final = 65.0
QUIET_LOOKS_MAX: Final = 4
FIRST_S: Final = 60.0
PATIENCE_S: Final = 120.0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """
    What came of a schedule.

    Attributes:
        story: Steps, faults and what was told, in the order in which it happened.
        settled_s: Simulated seconds from the last fault until all was right.
    """

    schedule: Schedule
    violations: list[Violation] = field(default_factory=list[Violation])
    log: list[str] = field(default_factory=list[str])
    hit: Counter[FaultKind] = field(default_factory=Counter[FaultKind])
    sites: Counter[str] = field(default_factory=Counter[str])
    settled_s: float = 0.0


def run(schedule: Schedule, *, to_the_end: bool = True) -> Outcome:
    """Run *schedule* in a world of its own; *to_the_end* or up to the first violation."""
    outcome = Outcome(schedule=schedule)
    with world_of(schedule) as world:
        outcome.log = world.baton.log
        outcome.hit, outcome.sites = world.calls.hit, world.calls.sites
        outcome.violations = world.oracle.violations
        _Run(world, outcome, to_the_end=to_the_end).run()
    return outcome


@contextmanager
def world_of(schedule: Schedule) -> Iterator[World]:
    """Give the world of *schedule*, before its beginning; nothing of it goes on after the block."""
    vault.forget_all()
    load_at.cache_clear()
    environments_at.cache_clear()
    baton = Baton(Random(f"baton {schedule.seed}"))
    random = Random(f"world {schedule.seed}")
    signal_s, sandbox.runtime.controller.SIGNAL_S = sandbox.runtime.controller.SIGNAL_S, 1000.0
    try:
        with simulated_runtime(baton, random), remembered_plans(), remembered_files():
            webhooks = Random(f"webhooks {schedule.seed}")
            yield World(baton, webhooks, edge=schedule.edge)
            baton.close()
    finally:
        sandbox.runtime.controller.SIGNAL_S = signal_s


class _Run:
    def __init__(self, world: World, outcome: Outcome, *, to_the_end: bool) -> None:
        self._world = world
        self._outcome = outcome
        self._to_the_end = to_the_end
        world.calls.on_hit = lambda what: self._tell(f"FAULT {what}")

    def run(self) -> None:
        world, schedule = self._world, self._outcome.schedule
        try:
            world.repository.begin(schedule.beginning)
            world.start_controller()
            self._pass(2.0)
            if self._may_end_badly():
                self._await_first_success()
            world.engine.run_foreign("foreign")
            for step in schedule.steps:
                self._tell(f"STEP {step.text}")
                self._step(step)
                for _ in range(step.turns):
                    world.baton.turn()
                self._pass(step.pause_s)
                world.oracle.judge_step()
                if self._is_over():
                    return
            self._settle()
            for leak in leaks(world):
                self._violate("S11", leak)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a violation with a story
            self._violate("program", f"{type(error).__name__}: {error}")

    def _is_over(self) -> bool:
        return bool(self._outcome.violations) and not self._to_the_end

    def _may_end_badly(self) -> bool:
        """Tell whether an environment is left with a commit that it has to go back from."""
        schedule = self._outcome.schedule
        if any(isinstance(step.act, Ask) for step in schedule.steps):
            return True
        last = schedule.beginning | {
            each.environment: each.model for each in commits(schedule.steps)
        }
        return any(not last[name].is_good for name in last.keys() - schedule.fixes.keys())

    def _await_first_success(self) -> None:
        """There is no way back to a revision that was never brought up."""
        while any(self._differences()) and self._world.baton.now < FIRST_S:
            self._pass(1.0)
        self._pass(1.0)

    def _step(self, step: Step) -> None:
        world = self._world
        match step.act:
            case Commit(environment=environment, model=model, force=force):
                world.commit(environment, model, force=force)
            case Deed():
                world.meddle(step.act)
            case Trouble(kind=kind, spared=spared, method=method):
                world.calls.armed.append(Fault(kind=kind, left=spared, method=method))
            case Ask():
                world.people.ask(step.act)
            case Restart():
                world.restart()
            case Stop():
                if not world.stop():
                    self._violate("L8", "the controller did not end in time")

    def _pass(self, seconds: float) -> None:
        """Let time pass; a controller that was killed begins again after a moment."""
        world = self._world
        until = world.baton.now + seconds
        while True:
            if world.process.killed:
                world.revive()
            left_s = until - world.baton.now
            if left_s <= 0:
                return
            world.baton.wait(world.process.ended, left_s)

    def _settle(self) -> None:
        world, schedule = self._world, self._outcome.schedule
        self._tell("STEP no faults any more")
        world.calls.armed.clear()
        world.calls.gone_until = 0.0
        self._pass(world.calls.silent_until - world.baton.now)
        self._await_people()
        for environment, model in schedule.fixes.items():
            self._tell(f"STEP fix of {environment}")
            world.commit(environment, model, force=False)
        if self._come_right():
            for deed in schedule.deeds:
                world.meddle(deed)
            if self._come_right():
                self._be_quiet()

    def _come_right(self) -> bool:
        world = self._world
        began = world.baton.now
        while not self._is_calm() or any(self._differences()):
            if self._is_over():
                return False
            if world.baton.now - began > SETTLE_S:
                self._violate("L1", "; ".join(self._differences()) or "it never comes to rest")
                return False
        self._outcome.settled_s = max(self._outcome.settled_s, world.baton.now - began)
        return True

    def _be_quiet(self) -> None:
        world = self._world
        before, looks = world.oracle.mutations.copy(), world.oracle.looks.copy()
        self._pass(QUIET_S)
        world.oracle.judge_step()
        for environment, count in (world.oracle.looks - looks).items():
            if count > QUIET_LOOKS_MAX:
                self._violate("L3", f"{environment} is looked at {count} times in {QUIET_S:g} s")
        for environment, count in (world.oracle.mutations - before).items():
            self._violate("L3", f"{count} changes in {environment} after all was right")
        for difference in self._differences():
            self._violate("L1", f"did not stay so: {difference}")

    def _await_people(self) -> None:
        """Let everybody end what they began, and have nothing left suspended or down."""
        world = self._world
        world.people.ask_all(AskKind.RESUME)
        self._await_everybody()
        world.people.ask_all(AskKind.UP)
        self._await_everybody()

    def _await_everybody(self) -> None:
        world = self._world
        until = world.baton.now + PATIENCE_S
        while world.people.busy and world.baton.now < until:
            self._pass(1.0)
        for name in world.people.busy:
            self._violate("L8", f"the command of {name} does not end")

    def _is_calm(self) -> bool:
        """Let every environment be looked at, and tell whether nothing changed meanwhile."""
        before = self._world.oracle.mutations.copy()
        self._pass(LOOK_S)
        return before == self._world.oracle.mutations

    def _differences(self) -> Iterator[str]:
        world = self._world
        for environment in BRANCHES:
            if environment in world.promotions.hampered:
                continue
            for each in world.oracle.differences(environment, world.ingress):
                yield f"{environment}: {each}"
            for each in world.promotions.missing_gates(environment):
                yield f"{environment}: {each}"

    def _violate(self, invariant: str, what: str) -> None:
        self._outcome.violations.append(Violation(invariant, what))
        self._tell(f"VIOLATION {invariant}: {what}")

    def _tell(self, line: str) -> None:
        baton = self._world.baton
        baton.log.append(f"{baton.now:.3f} {line}")

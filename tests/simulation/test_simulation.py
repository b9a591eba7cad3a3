"""
Some seeds hold what must hold, a planted bug is found, and a seed says the same for ever.
"""

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sandbox.runtime
import sandbox.runtime.gates
import sandbox.runtime.notifier
import sandbox.runtime.observe
import sandbox.runtime.proposal
import sandbox.runtime.source
import sandbox.runtime.sync
from sandbox.model.action import RemoveContainer
from sandbox.model.gate import GateVerdict
from sandbox.model.plan import Plan
from sandbox.planning.plan import plan_sync
from sandbox.runtime.executor import Execution
from sandbox.runtime.gates import GateRun, _Verdict
from sandbox.runtime.perform import Performer
from sandbox.runtime.worker import Worker
from tests.simulation import schedule as narrow
from tests.simulation.calls import FaultKind
from tests.simulation.campaign import Figures, call_sites, figures
from tests.simulation.oracle import Violation
from tests.simulation.run import Outcome, run
from tests.simulation.schedule import Deed, DeedKind, Restart, Schedule, Step
from tests.simulation.shrink import shrink
from tests.simulation.story import story
from tests.simulation.wide import draw

TOP = Path(__file__).parents[2]
SEEDS = range(1000, 1020)
FAILED_ONCE = {
    505: "a job that a person ended waits for a person",
    30089: "requests were moved to a container that was only to be made",
}
SEED = 7


@pytest.mark.slow
def test_what_must_hold_does_under_faults() -> None:
    total = Figures()
    for seed in SEEDS:
        outcome = run(draw(seed))
        assert not outcome.violations, story(shrink(outcome))
        total.add(figures(outcome))

    assert total.seeds == len(SEEDS)
    assert total.steps >= 20 * len(SEEDS)
    assert set(total.hit) == {str(kind) for kind in FaultKind}


@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_what_failed_once_holds(seed: int) -> None:
    outcome = run(narrow.draw(seed))
    assert not outcome.violations, story(shrink(outcome))


def test_a_seed_gives_the_same_log_twice() -> None:
    first, second = run(draw(SEED)), run(draw(SEED))

    assert len(first.log) > 500
    assert first.log == second.log
    assert first.log != run(draw(SEED + 1)).log


@pytest.mark.slow
def test_the_order_of_hashes_changes_nothing() -> None:
    logs = [
        subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", str(SEED), "--log"],
            cwd=TOP,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert len(logs[0].splitlines()) > 500
    assert logs[0] == logs[1]


# planted bugs


def finds(seeds: range, invariant: str) -> bool:
    """Tell whether *invariant* does not hold under one of *seeds*."""
    return any(invariant == each.invariant for seed in seeds for each in run(draw(seed)).violations)


Patch = pytest.MonkeyPatch


def forget_to_look_again(patch: Patch) -> None:
    patch.setattr(Performer, "_is_still_ours", lambda *_, **__: True)


def never_remove(patch: Patch) -> None:
    def plan(*args: Any) -> Plan:
        made = plan_sync(*args)
        steps = [each for each in made.steps if not isinstance(each.action, RemoveContainer)]
        return replace(made, steps=tuple(steps))

    patch.setattr(sandbox.runtime.sync, "plan_sync", plan)


def never_heal(patch: Patch) -> None:
    original = Worker._trigger

    def trigger(self: Worker, seen: Any) -> Any:
        return original(self, seen) if seen.desired.revision != self._attempted else None

    patch.setattr(Worker, "_trigger", trigger)


def begin_all_steps_at_once(patch: Patch) -> None:
    patch.setattr(Execution, "_may_begin", lambda *_: True)


def promote_whatever_it_is(patch: Patch) -> None:
    patch.setattr(sandbox.runtime.proposal, "judge_source", lambda *_: ())


def take_no_for_yes(patch: Patch) -> None:
    patch.setattr(GateRun, "_failed", lambda *_: _Verdict(verdict=GateVerdict.PASSED))


def learn_no_secret(patch: Patch) -> None:
    for module in (sandbox.runtime.source, sandbox.runtime.observe, sandbox.runtime.gates):
        patch.setattr(module, "learn", lambda _: None)
    patch.setattr(sandbox.runtime.source, "learn_text", lambda _: None)


def send_again_and_again(patch: Patch) -> None:
    patch.setattr(sandbox.runtime.notifier, "PAUSES_S", (1.0,) * 9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "invariant", "seeds"),
    [
        (forget_to_look_again, "S4", range(20)),
        (never_remove, "L1", range(20)),
        (never_heal, "L1", range(20)),
        (begin_all_steps_at_once, "S3", range(20)),
        (promote_whatever_it_is, "PROVEN", range(20)),
        (take_no_for_yes, "GATE", range(20)),
        (learn_no_secret, "S11", range(137, 138)),
        (send_again_and_again, "WEBHOOK", range(20)),
    ],
)
def test_a_planted_bug_is_found(
    bug: Callable[[Patch], None], invariant: str, seeds: range, monkeypatch: Patch
) -> None:
    bug(monkeypatch)

    assert finds(seeds, invariant)


# the tools


def test_a_story_is_shrunk_to_the_steps_that_matter() -> None:
    outcome = run(draw(SEED))
    guilty = (
        Step(act=Deed(environment="staging", kind=DeedKind.KILL, rank=1), pause_s=0.5),
        Step(act=Restart(), pause_s=0.5),
    )
    steps = outcome.schedule.steps
    schedule = replace(
        outcome.schedule, steps=(*steps[:5], guilty[0], *steps[5:11], guilty[1], *steps[11:])
    )

    def play(given: Schedule) -> Outcome:
        fails = all(step in given.steps for step in guilty)
        return Outcome(schedule=given, violations=[Violation("S1", "both")] if fails else [])

    assert shrink(play(schedule), play).schedule.steps == guilty


def test_the_figures_name_the_calls_that_no_seed_made() -> None:
    every = Counter(dict.fromkeys(call_sites() - {"engine.probe"}, 2))
    total = Figures(seeds=10, steps=200, sites=every)

    lines = list(total.lines(seconds=4.0))

    assert lines[0] == "seeds 10, steps 200, 4.0 s, 2.5 seeds a second"
    assert f"call sites {len(every)} of {len(every) + 1}, calls {2 * len(every)}" in lines
    assert "  never called: engine.probe" in lines


def test_the_runtime_waits_by_nothing_that_is_not_simulated() -> None:
    """Threads, queues and time come in as modules, for only those are replaced."""
    found: set[str] = set()
    for file in sorted(Path(sandbox.runtime.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                name = (node.module or "").partition(".")[0]
                if name in {
                    "threading",
                    "queue",
                    "time",
                    "secrets",
                    "random",
                    "asyncio",
                    "concurrent",
                }:
                    found.add(f"{file.name}: {name}")

    # It runs nothing in a thread of a controller.
    assert found == {"notice.py: concurrent"}

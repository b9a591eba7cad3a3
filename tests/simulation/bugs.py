"""
Planted bugs: each changes a few words of one function of the program, as a patch of its text would.

Many undo a mend that the simulation has led to. To plant one more, add it to `BUGS`: the function,
words that stand in it once, what to put in their place, and the invariants that it breaks. Take no
function whose answers are kept (``lru_cache``), nor one that only such a function calls.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any, Final

from sandbox.planning import (
    cast,
    diff,
    drift,
    farewell,
    plan,
    plan_containers,
    requests,
    turns,
)
from sandbox.runtime import (
    controller,
    executor,
    experience,
    filling,
    gates,
    notifier,
    perform,
    proposal,
    readiness,
    remembered,
    sync,
    wanted,
    worker,
)
from sandbox.secrecy import vault


@dataclass(frozen=True, slots=True)
class Bug:
    """
    One planted bug.

    Attributes:
        name: What the program does wrong.
        was: Words of the text of *function*, without its indentation.
        instead: What the bug has in their place.
        breaks: Invariants of which one must be seen not to hold.
    """

    name: str
    function: Callable[..., Any]
    was: str
    instead: str
    breaks: tuple[str, ...]

    @property
    def place(self) -> str:
        """Module and function."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__qualname__}"


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Have the program do what *bug* says in the block."""
    function = bug.function
    assert isinstance(function, FunctionType)
    text = dedent(inspect.getsource(function))
    assert text.count(bug.was) == 1, f"{bug.place} does not say once: {bug.was}"
    module = compile(text.replace(bug.was, bug.instead), f"<{bug.name}>", "exec", dont_inherit=True)
    made = [each for each in module.co_consts if isinstance(each, CodeType)]
    before, function.__code__ = function.__code__, made[0]
    try:
        yield
    finally:
        function.__code__ = before


BUGS: Final = (
    # planner
    Bug(
        "a container that was replaced is never removed",
        plan_containers.slot_steps,
        "for container in slot.surplus:",
        "for container in ():",
        ("L1",),
    ),
    Bug(
        "a replica too many is never removed",
        diff.leftovers,
        "_key(container) not in keys",
        "_key(container)[0] not in {name for name, _ in keys}",
        ("L1",),
    ),
    Bug(
        "a dropped service stops before the ingress that is replaced",
        farewell.with_farewells,
        '(f"stop {wiring.label(each)}" for each in going)',
        "()",
        ("S3",),
    ),
    Bug(
        "a dropped service is stopped before the ingress is told",
        plan._steps,
        "with_farewells(wiring, steps, told)",
        "with_farewells(wiring, steps, ())",
        ("S3",),
    ),
    Bug(
        "a service that is published no more stops while the ingress leads to it",
        farewell._is_unrouted,
        "not in routed",
        "not in {*routed, *(each.name for each in scene.desired.services)}",
        ("S3",),
    ),
    Bug(
        "requests are moved to a container that is only to be made",
        requests.Requests.away,
        "if self.current and not rest:\n"
        "        rest = {each: FULL for each in sorted(to) if not self._is_made(each)}",
        "rest = rest or dict.fromkeys(sorted(to), FULL)",
        ("L1",),
    ),
    Bug(
        "what serves is stopped when its successor was changed by hand",
        diff._recreate,
        "serves = not slot.job and any(is_live(each) for each in slot.surplus)",
        "serves = False",
        ("S3",),
    ),
    Bug(
        "two generations of what writes a volume run at once",
        cast.starts_first,
        "service = slot.service\n",
        "return True\n",
        ("S2",),
    ),
    Bug(
        "what is one replica too many stops before the others work",
        turns.Turns.let_go,
        "(*self.requests.drained(each), *proofs)\n        self.successors[each.id] = staying",
        "self.requests.drained(each)",
        ("S3",),
    ),
    Bug(
        "a memory limit that was changed by hand is left",
        drift.hard_drift,
        "tuple(_limit_changes(spec, container))",
        "()",
        ("L1",),
    ),
    # executor
    Bug(
        "all steps begin at once",
        executor.Execution._may_begin,
        "return all(",
        "return True or all(",
        ("S2", "S3"),
    ),
    Bug(
        "volumes are removed with the container that mounts them",
        perform.Performer._remove,
        "self.workspace.engine.remove_container(container_id, volumes=action.volumes)",
        "gone = self.workspace.engine.inspect_container(container_id)\n"
        "        self.workspace.engine.remove_container(container_id)\n"
        "        for name in gone.volumes.values():\n"
        "            self.workspace.engine.remove_volume(name)",
        ("S8",),
    ),
    Bug(
        "what a killed filling left keeps the next one from filling",
        filling.fill_volume,
        "if action.left:",
        "if False:",
        ("L1",),
    ),
    Bug(
        "nothing is looked at again before it is stopped or removed",
        perform.Performer._is_still_ours,
        "container = self.workspace.engine.inspect_container(container_id)",
        "return True",
        ("S4",),
    ),
    Bug(
        "an old container is stopped whatever became of its successor",
        perform.Performer._require_successor,
        "if ids and not",
        "if False and not",
        ("S3",),
    ),
    Bug(
        "a stop by hand is held against the revision that is awaited",
        readiness._ended,
        "if may_be_stopped(container):",
        "if was_killed(container):",
        ("L1", "L7"),
    ),
    Bug(
        "a pause by hand is held against the revision that is awaited",
        readiness._refuse_paused,
        "container.state is ContainerState.PAUSED",
        "False",
        ("L1", "L7"),
    ),
    Bug(
        "a container that runs counts as ready",
        readiness._reached,
        "return container.health is EngineHealth.HEALTHY or _probe(workspace, container)",
        "return True",
        ("S3", "L1"),
    ),
    # controller
    Bug(
        "drift is never healed",
        worker.Worker._trigger,
        "return Trigger.DRIFT if sync.self_heal else None",
        "return None",
        ("L1",),
    ),
    Bug(
        "two work on one environment at once",
        controller.Controller.turn,
        "self._turns.setdefault(environment, threading.Lock())",
        "threading.Lock()",
        ("S2", "S3", "S7", "L1", "L3", "GATE", "program"),
    ),
    Bug(
        "a worker looks all the time after one failure",
        worker.Worker._pause_s,
        "if retry_s else waits",
        "if self._experience.failures else waits",
        ("L3",),
    ),
    Bug(
        "starts under the controller before are not counted",
        experience.Experience.recall,
        "for step_id, at in steps",
        "for step_id, at in ()",
        ("S16",),
    ),
    Bug(
        "a commit does not end the quarantine of the one before",
        wanted.load_wanted,
        "if quarantine is None or not _asks_for(workspace, tracked, quarantine.revision):",
        "if quarantine is None:",
        ("L1",),
    ),
    Bug(
        "what ran last is kept up while the commit is broken",
        wanted.load_wanted,
        "tracked = load_tracked(workspace.repository, environment)",
        "try:\n"
        "        tracked = load_tracked(workspace.repository, environment)\n"
        "    except SandboxError:\n"
        "        tracked = last_applied(workspace, environment)",
        ("S5",),
    ),
    Bug(
        "a controller ends when its workers do, and does not tell them to",
        controller.Controller._end_workers,
        "    for worker, _ in pairs:\n"
        "        worker.stop()\n"
        "    deadline = self.workspace.clock.monotonic() + STOP_S",
        "    deadline = self.workspace.clock.monotonic() + 60.0",
        ("L8",),
    ),
    # journal
    Bug(
        "what an earlier process saw is not remembered",
        remembered.Remembered.of,
        "self._journal.present(environment)",
        "Present()",
        ("S2", "S21"),
    ),
    Bug(
        "a revision is good when the process that awaited it was killed",
        wanted.is_unjudged,
        "if not any(map(needs_proof, observed.containers)):",
        "if True:",
        ("L7", "L1"),
    ),
    Bug(
        "a failure is recorded before the quarantine that follows from it",
        sync.carry_out,
        "quarantine = None\n"
        "        if record.outcome is Outcome.FAILED and ours:\n"
        "            quarantine = _quarantine(workspace, request, seen, record, last)\n"
        "        record = replace(record, id=workspace.journal.record_sync(record))\n",
        "record = replace(record, id=workspace.journal.record_sync(record))\n"
        "        quarantine = None\n"
        "        if record.outcome is Outcome.FAILED and ours:\n"
        "            quarantine = _quarantine(workspace, request, seen, record, last)\n",
        ("L7", "L1"),
    ),
    Bug(
        "jobs of the last good revision run again on the way back",
        wanted.policy_of,
        "jobs_done=workspace.journal.jobs_done(desired.environment) if way_back else frozenset(),",
        "",
        ("S7",),
    ),
    # promoter, gates, secrets, notifier
    Bug(
        "a release is promoted whatever its source says",
        proposal.propose_promotion,
        "tuple(judge_source(source, release, workspace.clock.now()))",
        "()",
        ("PROVEN",),
    ),
    Bug(
        "a gate that failed counts as passed",
        gates.GateRun._failed,
        "verdict=GateVerdict.FAILED",
        "verdict=GateVerdict.PASSED",
        ("GATE",),
    ),
    Bug(
        "secrets are not learned, so they are shown",
        vault.learn,
        "for value in values:",
        "for value in ():",
        ("S11",),
    ),
    Bug(
        "a message is tried more often than the pages say",
        notifier._Sender._delivered,
        "(*PAUSES_S, None)",
        "(*PAUSES_S, *PAUSES_S, None)",
        ("WEBHOOK",),
    ),
    # ingress
    Bug(
        "an old container goes on to get requests",
        requests.Requests.give,
        "self.current.keys() - {*olds}",
        "{*self.current}",
        ("S3",),
    ),
    Bug(
        "a container stops before its requests are moved",
        requests.Requests.drained,
        "drain_reason(action), self.gate)",
        "drain_reason(action), ())",
        ("S3",),
    ),
)

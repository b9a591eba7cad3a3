"""
What must hold of gates and releases, judged from the engine and the commits alone.

GATE: nothing of a commit is created, changed or stopped before its gates of the phase *before* have
passed, and those of the phase *after* run against what it asks for. PROVEN: what is promoted was
up, ready and passed by all gates in staging when the command looked. L7: a commit is taken back
once. L12: the same command again commits nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tests.simulation.asks import AskKind
from tests.simulation.models import (
    BRANCHES,
    CommitModel,
    GateModel,
    Life,
    is_gate,
    program_of,
    source_of,
)
from tests.simulation.oracle import ENVIRONMENT, SERVICE, Oracle, fits, is_ready

if TYPE_CHECKING:
    from tests.fakes.engine_objects import FakeContainer
    from tests.simulation.baton import Task
    from tests.simulation.repository import SimulatedRepository

MEDDLED_S: Final = 30.0
"""So long after a person did something to a container, one may be missing."""

Key = tuple[str, ...]


@dataclass(slots=True)
class Promotions:
    """
    Attributes:
        passed: Environments, and gates with all that they saw, that ended well.
        hampered: Environments of which a person stopped a gate, which then may wait for a person.
        up: Environments and programs of which a container was ready.
        proven: By number of a thread, releases that staging had proven when it looked last.
        asked: How often something gave a reason to try a commit again, by environment.
        journal_lost: The history is gone, and with it what ever went well.
        meddled_at: When a person did something to a container of an environment last.
    """

    oracle: Oracle
    repository: SimulatedRepository
    passed: set[tuple[str, Key]] = field(default_factory=set[tuple[str, Key]])
    hampered: set[str] = field(default_factory=set[str])
    up: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    proven: dict[int, set[str]] = field(default_factory=dict[int, set[str]])
    asked: Counter[str] = field(default_factory=Counter[str])
    meddled_at: dict[str, float] = field(default_factory=dict[str, float])
    journal_lost: bool = False
    _carried: dict[str, CommitModel] = field(default_factory=dict[str, CommitModel])
    _begun: dict[str, Key] = field(default_factory=dict[str, Key])
    _given_up: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    # what is told to it

    def meddled(self, container: FakeContainer) -> None:
        environment = container.labels[ENVIRONMENT]
        self.meddled_at[environment] = self.oracle.now()
        if is_gate(container):
            self.hampered.add(environment)

    def looked(self, task: Task, environment: str) -> None:
        """A thread looked at *environment*: its worker, or a command of a person."""
        if task.environment == environment:
            read = self.repository.read_last(environment)
            if read is not None:
                self._carried[environment] = read
        elif environment == "staging" and task.process.name.startswith("person"):
            self.proven[task.number] = set(self._proven_now())

    def inspected(self, container: FakeContainer) -> None:
        environment = container.labels.get(ENVIRONMENT, "")
        if is_gate(container):
            if not container.lives and container.started_at and not container.exit_code:
                self.passed.add((environment, self._begun[container.id]))
        elif is_ready(container):
            self.up.add((environment, program_of(container)))

    def changes(self, task: Task, method: str, container: FakeContainer) -> None:
        """Judge a call that changes a container."""
        environment = task.environment
        model = self._carried.get(environment)
        if model is None or is_gate(container) or self.oracle.is_back(environment):
            return
        if environment in self.oracle.going_down or SERVICE not in container.labels:
            return
        for gate in model.gates:
            if gate.phase == "before" and not self._has_passed(environment, model, gate):
                self.oracle.say(
                    "GATE", f"{method} of {container.name} although {gate.name} has not passed"
                )

    def started(self, container: FakeContainer) -> None:
        """A container was started, by the one that its labels name."""
        if not is_gate(container):
            return
        environment, name = container.labels[ENVIRONMENT], container.labels[SERVICE]
        model = self._carried[environment]
        gate = next((each for each in model.gates if each.name == name), None)
        if gate is None:
            self.oracle.say("GATE", f"{container.name} is started, and no commit asks for it")
            return
        self._begun[container.id] = seen_by(model, gate)
        meddled = self.oracle.now() - self.meddled_at.get(environment, -MEDDLED_S) < MEDDLED_S
        # What ends by itself ran when it was looked at.
        lasting = [each for each in model.services if each.life is not Life.CRASHES]
        if gate.phase == "after" and not meddled:
            for missing in self._missing(environment, replace(model, services=tuple(lasting))):
                self.oracle.say("GATE", f"{container.name} is started although {missing}")

    def lost_journal(self) -> None:
        """Nobody knows any more what was given up, or went well."""
        self.journal_lost = True
        self.asked.update(list(BRANCHES))

    def given_up(self, environment: str, revision: str) -> None:
        """L7: a commit is taken back once, unless a person asked for it again."""
        key = environment, revision
        self._given_up[key] += 1
        if self._given_up[key] > 1 + self.asked[environment]:
            self.oracle.say("L7", f"{revision[:7]} of {environment} is given up again")

    def sets_release(self, task: Task, kind: AskKind, release: str) -> None:
        """A command of a person is about to commit that production runs *release*."""
        if kind is AskKind.PROMOTE and release not in self.proven.get(task.number, set()):
            self.oracle.say("PROVEN", f"{release[:7]} is promoted, and staging has not proven it")
        if kind is not AskKind.ROLLBACK or self.journal_lost:
            return
        if not self._was_up("production", release):
            self.oracle.say("PROVEN", f"production goes back to {release[:7]}, which never was up")

    def missing_gates(self, environment: str) -> Iterator[str]:
        """What gates have not passed of the last commit of *environment*, unless it went back."""
        model = self.oracle.wanted[environment]
        for gate in () if self.oracle.is_back(environment) else model.gates:
            if not model.broken and not self._has_passed(environment, model, gate):
                yield f"gate {gate.name} has not passed"

    # what it asks itself

    def _proven_now(self) -> Iterator[str]:
        """Releases that staging has brought up and shown to be good."""
        for commit in self.repository.commits_of(BRANCHES["staging"]):
            model = self.repository.model_at("staging", commit)
            if model.broken or any(self._missing("staging", model)):
                continue
            if all(self._has_passed("staging", model, gate) for gate in model.gates):
                release = self.repository.last_change(commit, (source_of("web"),))
                if self._has_soaked(release):
                    yield release

    def _has_soaked(self, release: str) -> bool:
        """Tell whether it may have been served long enough, by the clock of the machine."""
        if self.oracle.is_clock_set():
            return True
        soak_s = self.repository.model_at(
            "production", self.repository.head_of("production")
        ).soak_s
        return self.oracle.now() - self.repository.committed_at(release) >= soak_s

    def _was_up(self, environment: str, release: str) -> bool:
        return (environment, self.repository.program_at(release, "web")) in self.up

    def _has_passed(self, environment: str, model: CommitModel, gate: GateModel) -> bool:
        return (environment, seen_by(model, gate)) in self.passed

    def _missing(self, environment: str, model: CommitModel) -> Iterator[str]:
        """What of *model* does not run, or is not ready."""
        ours = [
            one
            for one in self.oracle.containers.values()
            if one.labels.get(ENVIRONMENT) == environment
        ]
        for service in model.services:
            mine = [one for one in ours if one.labels.get(SERVICE) == service.name]
            fitting = [one for one in mine if fits(one, service) and is_ready(one)]
            if not service.job and len(fitting) < service.replicas:
                yield f"{len(fitting)} of {service.replicas} {service.name} are as committed"


def seen_by(model: CommitModel, gate: GateModel) -> Key:
    """What *gate* can see of *model*; another phase sees the services too."""
    web = next(each.program for each in model.services if each.name == "web")
    own = (gate.name, gate.verdict, web)
    if gate.phase == "before":
        return own
    return (*own, *(f"{each.name} {each.program} {each.setting}" for each in model.services))

"""The three kinds of work, and what of the controller is sampled while they are done."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sandbox.planning.edge import EDGE
from sandbox.planning.routes import INGRESS
from tests.benchmarks.idle import MIB, Usage, usage_of
from tests.playground import engine
from tests.soak.trend import Figure, Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.soak.ground import SoakGround
    from tests.soak.heard import Heard

JOURNAL: Final = ".git/sandbox/journal.sqlite"
SAMPLES: Final = 100
"""Of a phase, at most about so many."""
LOOKS: Final = 5
LOOK_S: Final = 0.1
"""A sample has the least of so many looks: what the last round began ends meanwhile."""
PHASES: Final = {
    "syncs": Phase(name="syncs", unit=1000, warm_up=600),
    "events": Phase(name="events", unit=10_000, warm_up=500),
    "environments": Phase(name="environments", unit=100, warm_up=25),
}
"""Up to 512 answers are kept of some questions about a commit, so memory grows until then."""
FIGURES: Final = (
    Figure(name="resident memory", unit="MiB", tolerance=1.0, growth=1.0),
    Figure(name="private memory", unit="MiB", tolerance=1.0, growth=1.0),
    Figure(name="threads", tolerance=0.0, growth=1.0),
    Figure(name="descriptors", tolerance=0.0, growth=1.0),
    Figure(name="processor", unit="s"),
    Figure(name="processor for each", unit="ms"),
    Figure(name="execs in ingresses", unit="per minute"),
    Figure(name="execs in services", unit="per minute"),
    Figure(name="journal", unit="MiB"),
)


@dataclass(frozen=True, kw_only=True)
class _Counted:
    """Totals so far, of which a sample tells what came since the one before."""

    at: float
    done: float
    cpu_s: float
    in_ingresses: int
    in_services: int


@dataclass(kw_only=True)
class Soak:
    """
    One controller that is watched while it works.

    Attributes:
        heard: What the engine tells.
        say: Tells people how far it is.
    """

    ground: SoakGround
    heard: Heard
    say: Callable[[str], None]
    phases: list[Phase] = field(default_factory=list[Phase])

    def syncs(self, number: int) -> None:
        """Commit *number* changes, one after the other."""
        phase = self._begin("syncs")
        every = max(1, number // SAMPLES)
        for turn in range(1, number + 1):
            self.ground.sync(turn)
            if turn % every == 0:
                self._sample(phase, turn)

    def events(self, number: int) -> None:
        """Disturb containers until the engine told of *number* events."""
        phase = self._begin("events")
        before = self.heard.changes
        every = max(1, number // SAMPLES)
        turn = 0
        with engine() as client:
            while phase.done < number:
                self.ground.disturb(turn, client)
                turn += 1
                done = self.heard.changes - before
                if done >= min(number, phase.done + every):
                    self._sample(phase, done)

    def environments(self, number: int) -> None:
        """Have *number* environments come and go, one after the other."""
        phase = self._begin("environments")
        for turn in range(1, number + 1):
            self.ground.come_and_go(turn)
            self._sample(phase, turn)

    def _begin(self, name: str) -> Phase:
        phase = replace(PHASES[name], samples=[])
        self.phases.append(phase)
        self._before = self._count(0.0, usage_of(self.ground.controller()).cpu_s)
        return phase

    def _sample(self, phase: Phase, done: float) -> None:
        usage = _least(self.ground.controller())
        before, self._before = self._before, self._count(done, usage.cpu_s)
        now = self._before
        minutes = (now.at - before.at) / 60
        values = {
            "resident memory": usage.memory_mib,
            "private memory": usage.private_mib,
            "threads": usage.threads,
            "descriptors": usage.descriptors,
            "processor": usage.cpu_s,
            "processor for each": (now.cpu_s - before.cpu_s) / (now.done - before.done) * 1000,
            "execs in ingresses": (now.in_ingresses - before.in_ingresses) / minutes,
            "execs in services": (now.in_services - before.in_services) / minutes,
            "journal": (self.ground.folder / JOURNAL).stat().st_size / MIB,
        }
        phase.samples.append((done, values))
        self.say(
            f"{done:,.0f} {phase.name}: {usage.memory_mib:.1f} MiB, {usage.threads} threads, "
            f"{usage.descriptors} descriptors"
        )

    def _count(self, done: float, cpu_s: float) -> _Counted:
        execs = list(self.heard.execs.items())
        in_ingresses = sum(times for each, times in execs if each.service in {INGRESS, EDGE})
        return _Counted(
            at=time.monotonic(),
            done=done,
            cpu_s=cpu_s,
            in_ingresses=in_ingresses,
            in_services=sum(times for _, times in execs) - in_ingresses,
        )


def _least(process: int) -> Usage:
    """Look at *process* several times, and give the least of each figure."""
    looks = [asdict(usage_of(process))]
    for _ in range(LOOKS - 1):
        time.sleep(LOOK_S)
        looks.append(asdict(usage_of(process)))
    return Usage(**{name: min(each[name] for each in looks) for name in looks[0]})

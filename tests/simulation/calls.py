"""
Every call of a port: where the baton may change hands, and where what was arranged goes wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.errors import EngineError, EngineUnreachableError, StaleError
from tests.simulation.baton import EPOCH, Baton, KilledError

LONG_S: Final = 8.0
GONE_S: Final = 12.0
NO_ANSWER_S: Final = 60.0
"""After so long the adapter gives a call up."""
RESTART_S: Final = 3.0
SET_S: Final = 3600.0
"""So far the clock is set."""


class FaultKind(StrEnum):
    """What goes wrong at a call."""

    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"
    ANSWER_LOST = "answer lost"
    SERVER_ERROR = "500"
    CONFLICT = "409"
    NOT_FOUND = "404"
    SLOW = "slow"
    STALE_LIST = "stale list"
    PARTIAL_LIST = "partial list"
    EMPTY_LIST = "empty list"
    EVENT_LOST = "event lost"
    EVENT_DOUBLED = "event doubled"
    EVENTS_CUT = "event stream cut"
    ENGINE_GONE = "engine gone"
    NO_ANSWER = "no answer"
    ENGINE_RESTARTED = "engine restarted"
    NETWORKS_UNLISTED = "networks unlisted"
    VOLUMES_UNLISTED = "volumes unlisted"
    GIT_FAILS = "Git fails"
    BRANCH_MOVED = "branch moved"
    CLOCK_FORWARD = "clock set forward"
    CLOCK_BACK = "clock set back"
    JOURNAL_LOST = "journal lost"


KILLS: Final = (FaultKind.KILLED_BEFORE, FaultKind.KILLED_AFTER)
OF_CALLS: Final = (
    FaultKind.ANSWER_LOST,
    FaultKind.SERVER_ERROR,
    FaultKind.CONFLICT,
    FaultKind.NOT_FOUND,
    FaultKind.SLOW,
    FaultKind.ENGINE_GONE,
)
LIES: Final = (FaultKind.STALE_LIST, FaultKind.PARTIAL_LIST, FaultKind.EMPTY_LIST)
OF_ENGINE: Final = (FaultKind.NO_ANSWER, FaultKind.ENGINE_RESTARTED)
UNLISTED: Final = (FaultKind.NETWORKS_UNLISTED, FaultKind.VOLUMES_UNLISTED)
OF_GIT: Final = (FaultKind.GIT_FAILS, FaultKind.BRANCH_MOVED)
OF_CLOCK: Final = (FaultKind.CLOCK_FORWARD, FaultKind.CLOCK_BACK)
OF_WIDE: Final = (*OF_ENGINE, *UNLISTED, *OF_GIT, *OF_CLOCK, FaultKind.JOURNAL_LOST)
OF_EVENTS: Final = (FaultKind.EVENT_LOST, FaultKind.EVENT_DOUBLED, FaultKind.EVENTS_CUT)


@dataclass(slots=True, kw_only=True)
class Fault:
    """
    One thing that goes wrong once.

    Attributes:
        left: So many more calls that it could hit are spared.
        method: Only calls of this name can be hit; all when it is empty.
    """

    kind: FaultKind
    left: int
    method: str = ""


@dataclass(slots=True)
class Calls:
    """
    What all ports of a simulation share.

    Attributes:
        armed: What is still to go wrong.
        hit: How often what went wrong.
        sites: How often which call was made.
        on_restart: Has the containers end, as far as a restart of the engine ends them.
        ahead_s: So far the clock of the machine was set forward.
    """

    baton: Baton
    armed: list[Fault]
    hit: Counter[FaultKind]
    sites: Counter[str]
    on_hit: Callable[[str], None] = lambda _: None
    on_restart: Callable[[], None] = lambda: None
    gone_until: float = 0.0
    silent_until: float = 0.0
    ahead_s: float = 0.0

    def read(self, port: str, method: str, target: str = "") -> None:
        """A call that changes nothing; it can fail before only."""
        self._begin(port, method, target)
        if port == "engine":
            self._refuse(method, self._fault(method))

    @contextmanager
    def change(self, port: str, method: str, target: str) -> Iterator[None]:
        """A call that changes something in the block."""
        self._begin(port, method, target)
        fault = self._fault(method) if port == "engine" else None
        if fault is not FaultKind.ANSWER_LOST:
            self._refuse(method, fault)
        kill = self.take(*KILLS, method=method)
        if kill is FaultKind.KILLED_BEFORE:
            self._kill()
        yield
        if kill is FaultKind.KILLED_AFTER:
            self._kill()
        if fault is FaultKind.ANSWER_LOST:
            raise EngineUnreachableError(f"cannot {method}: the answer was lost")
        self.baton.turn()

    def take(self, *kinds: FaultKind, method: str = "") -> FaultKind | None:
        """Take the first thing that is to go wrong now and is one of *kinds*, if there is one."""
        for fault in self.armed:
            if fault.kind in kinds and fault.method in {"", method}:
                if fault.left > 0:
                    fault.left -= 1
                    continue
                self.armed.remove(fault)
                self.hit[fault.kind] += 1
                self.on_hit(f"{fault.kind}: {method} by {self.baton.current.name}")
                return fault.kind
        return None

    def _begin(self, port: str, method: str, target: str) -> None:
        baton = self.baton
        baton.turn()
        self.sites[f"{port}.{method}"] += 1
        task = baton.current
        who = f"{task.environment}/{task.name}" if task.environment else task.name
        baton.log.append(f"{baton.now:.3f} {who}: {port}.{method} {target}".rstrip())

    def _fault(self, method: str) -> FaultKind | None:
        if self.baton.now < self.gone_until:
            return FaultKind.ENGINE_GONE
        fault = self.take(*OF_CALLS, *OF_ENGINE, method=method)
        if fault is FaultKind.ENGINE_GONE:
            self.gone_until = self.baton.now + GONE_S
        if fault is FaultKind.ENGINE_RESTARTED:
            self.gone_until = self.baton.now + RESTART_S
            self.on_restart()
        return fault

    def wall(self) -> float:
        """What the clock of the machine says, in seconds since the epoch."""
        match self.take(*OF_CLOCK):
            case FaultKind.CLOCK_FORWARD:
                self.ahead_s += SET_S
            case FaultKind.CLOCK_BACK:
                self.ahead_s -= SET_S
            case _:
                pass
        return EPOCH + self.baton.now + self.ahead_s

    def _kill(self) -> None:
        self.baton.kill(self.baton.current.process)
        raise KilledError

    def _refuse(self, method: str, fault: FaultKind | None) -> None:
        match fault:
            case FaultKind.SLOW:
                self.baton.sleep(LONG_S)
            case FaultKind.SERVER_ERROR:
                raise EngineError(f"cannot {method}: server error", temporary=True)
            case FaultKind.CONFLICT | FaultKind.NOT_FOUND:
                raise StaleError(f"cannot {method}: {fault}")
            case FaultKind.ANSWER_LOST:
                raise EngineUnreachableError(f"cannot {method}: the answer was lost")
            case FaultKind.ENGINE_GONE | FaultKind.ENGINE_RESTARTED:
                raise EngineUnreachableError(f"cannot {method}: no engine answers")
            case FaultKind.NO_ANSWER:
                self.silent_until = self.baton.now + NO_ANSWER_S
                self.baton.sleep(NO_ANSWER_S)
                raise EngineUnreachableError(f"cannot {method}: no answer in time")
            case _:
                pass

"""
A sync that is killed with SIGKILL, wherever, is completed by the next one as if nothing had been.

The process is the real command line; its calls go through a socket of ours, which kills it at the
n-th that changes the engine: before the engine gets that call, or when it got it and the answer is
lost. The end state is compared with that of a run which nothing disturbed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.engine_proxy import EngineProxy, changes
from tests.playground import Playground, playground

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine_proxy import Request

BEFORE, DURING = "before", "during"
EVERY_STEP = "EVERY_STEP" in os.environ
"""
Each kill costs seconds, so `make test` tries some of them and `make crashes` all; tests.simulation
kills at every call.
"""


def probes(request: Request) -> bool:
    return request.runs_command


@dataclass(slots=True, kw_only=True)
class Killer:
    """
    Kills a process at its *number*-th call that changes the engine (0: never).

    Attributes:
        when: `BEFORE` the engine gets the call, or `DURING` it, so that the answer is lost.
        kind: Which calls count.
        victim: Gives the process id.
    """

    number: int
    when: str = BEFORE
    kind: Callable[[Request], bool] = changes
    victim: Callable[[], int] = field(default=lambda: 0)
    calls: list[str] = field(default_factory=list[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> None:
        if not self.kind(request):
            return
        with self._lock:
            self.calls.append(f"{request.text}?{request.query}")
            if len(self.calls) != self.number:
                return
            os.kill(self.victim(), signal.SIGKILL)
        if self.when == BEFORE:
            raise ConnectionAbortedError


@dataclass(slots=True, kw_only=True)
class CrashSite:
    """A playground whose command line reaches the engine through a socket that may kill it."""

    ground: Playground
    proxy: EngineProxy

    def crash(self, killer: Killer, *command: str) -> None:
        """Run *command* and see it killed."""
        assert self.try_crash(killer, *command), "it was killed, and did not just end"

    def try_crash(self, killer: Killer, *command: str) -> bool:
        """Run *command* and say whether it was killed; it ended well when it was not."""
        started = threading.Event()
        process: subprocess.Popen[bytes]

        def victim() -> int:
            assert started.wait(10)
            return process.pid

        killer.victim = victim
        self.proxy.before = killer
        process = self.ground.start(*command)
        started.set()
        stdout, stderr = process.communicate(timeout=60)
        self.proxy.before = None
        print(f"killed {killer.when}: {killer.calls[-1:]}", stdout.decode(), stderr.decode())
        assert process.returncode in {0, -signal.SIGKILL}
        return process.returncode == -signal.SIGKILL

    def count(self, *command: str) -> int:
        """Run *command* undisturbed, and give how many of its calls changed the engine."""
        self.proxy.forget()
        self.ground.sandbox(*command)
        return len(self.proxy.mutations())

    def assert_well(self) -> None:
        """The journal is whole and knows how it ended, nobody holds the lock, nothing is left."""
        file = self.ground.folder / ".git/sandbox/journal.sqlite"
        with closing(sqlite3.connect(file)) as journal:
            assert journal.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        status = self.ground.status()
        assert (status["sync"], status["health"]) == ("synced", "healthy"), status


def crash_site(folder: Path) -> Iterator[CrashSite]:
    """Give a crash site in *folder*, and clean up after it; for fixtures."""
    with EngineProxy.listening(folder / "engine.sock") as proxy:
        for ground in playground(folder / "play"):
            ground.environ["DOCKER_HOST"] = proxy.url
            yield CrashSite(ground=ground, proxy=proxy)


def points(calls: int) -> tuple[tuple[int, str], ...]:
    """Give points at which a run of so many calls can be killed: every one, or every seventh."""
    every = tuple(itertools.product(range(1, calls + 1), (BEFORE, DURING)))
    return every if EVERY_STEP else every[::7]

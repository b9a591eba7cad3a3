"""
Roll out again and again under a steady load, and count what a visitor saw.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.load.running import running
from tests.rollouts.changes import change_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.load.running import Load
    from tests.load.summary import Summary
    from tests.rollouts.changes import Application
    from tests.rollouts.sides import Side

PATIENCE_S = 30.0
"""For so long a client repeats what fails while a store is replaced."""


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """
    One side of a run.

    Attributes:
        what: What was rolled out.
        seconds: Of each rollout, from the change to its report.
    """

    name: str
    what: str
    seconds: tuple[float, ...]
    load: Summary

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "what": self.what,
            "seconds": self.seconds,
            "load": self.load.document(),
        }


@dataclass(frozen=True, kw_only=True)
class Runner:
    """
    One side under load.

    Attributes:
        rps: Requests per second, all addresses of the side together.
        folder: Where the probers write.
        say: Is told how far it is.
    """

    name: str
    side: Side
    application: Application
    rps: float
    folder: Path
    say: Callable[[str], None]

    def roll_web(self, rollouts: int) -> Rolled:
        """Make `web` another generation so many times."""
        seconds: list[float] = []
        with running(
            self._log("web"), self._targets(), rps=self.rps, header=self.application.header
        ) as load:
            for number in range(1, rollouts + 1):
                generation = f"r{number}"
                load.announce(generation)
                seconds.append(self._roll(self.application.change(self.side.folder, generation)))
                load.settle(generation)
                load.await_more(int(self.rps / 2))
                if number % 10 == 0 or number == rollouts:
                    self._tell(load, "web", f"{number}/{rollouts}")
        return self._result("web", seconds, load)

    def roll_store(self, service_name: str, rollouts: int) -> Rolled:
        """Replace a store so many times; clients repeat what fails, and it is counted."""
        seconds: list[float] = []
        with running(
            self._log(service_name), self._targets(), rps=self.rps, header="", retry_s=PATIENCE_S
        ) as load:
            for number in range(1, rollouts + 1):
                seconds.append(self._roll(change_store(self.side.folder, service_name, number)))
                load.await_more(int(self.rps))
                self._tell(load, service_name, f"{number}/{rollouts}")
        return self._result(service_name, seconds, load)

    def _roll(self, files: dict[str, str]) -> float:
        began = time.monotonic()
        self.side.roll(files)
        return time.monotonic() - began

    def _targets(self) -> list[str]:
        return [text for url in self.side.urls for text in self.application.requests(url)]

    def _log(self, what: str) -> Path:
        return self.folder / f"{self.name.split()[0]}-{what}.log"

    def _tell(self, load: Load, what: str, done: str) -> None:
        so_far = load.summary()
        self.say(
            f"{self.name}: {what} {done}: {so_far.requests} requests, {so_far.failed} failed,"
            f" {so_far.wrong} of a wrong generation, {so_far.repeated} repeated"
        )

    def _result(self, what: str, seconds: list[float], load: Load) -> Rolled:
        return Rolled(name=self.name, what=what, seconds=tuple(seconds), load=load.summary())

"""
Roll out again and again under a steady load, and count what a visitor saw.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.load.running import running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.load.summary import Summary
    from tests.rollouts.changes import Application
    from tests.rollouts.sides import Side


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """
    One side of a run.

    Attributes:
        seconds: Of each rollout, from the change to its report.
    """

    name: str
    seconds: tuple[float, ...]
    load: Summary

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "seconds": self.seconds, "load": self.load.document()}


def roll_under_load(
    name: str,
    side: Side,
    application: Application,
    *,
    rollouts: int,
    rps: float,
    log: Path,
    say: Callable[[str], None],
) -> Rolled:
    """Roll out *rollouts* times while *rps* requests per second ask all addresses of *side*."""
    targets = [text for url in side.urls for text in application.requests(url)]
    seconds: list[float] = []
    with running(log, targets, rps=rps, header=application.header) as load:
        for number in range(1, rollouts + 1):
            generation = f"r{number}"
            load.announce(generation)
            began = time.monotonic()
            side.roll(generation)
            load.settle(generation)
            seconds.append(time.monotonic() - began)
            load.await_more(int(rps / 2))
            if number % 10 == 0 or number == rollouts:
                so_far = load.summary()
                say(
                    f"{name}: {number}/{rollouts} rollouts, {so_far.requests} requests,"
                    f" {so_far.failed} failed, {so_far.wrong} of a wrong generation"
                )
    return Rolled(name=name, seconds=tuple(seconds), load=load.summary())

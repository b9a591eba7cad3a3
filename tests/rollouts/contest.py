"""
Both sides, one after the other, with the same changes under the same load; and their figures.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from tests.rollouts.changes import Shop, Small
from tests.rollouts.race import Runner
from tests.rollouts.sides import shop_sides, small_sides

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.rollouts.changes import Application
    from tests.rollouts.race import Rolled
    from tests.rollouts.sides import Side

OURS, THEIRS = "sandbox", "docker compose up -d"
HEAD = (
    "",
    "rollouts of",
    "number",
    "median",
    "requests",
    "failed",
    "wrong",
    "repeated",
    "failing for",
    "p50",
    "p99",
)
OF_A_STORE = 40
"""One rollout of a store for so many of `web`."""


def race(
    top: Path,
    *,
    shop: bool,
    rollouts: int,
    rps: float,
    say: Callable[[str], None],
    only: str = "",
) -> list[Rolled]:
    """Run both sides in *top*, one after the other, and remove what they made."""
    application: Application = Shop() if shop else Small()
    ours, theirs = (shop_sides if shop else small_sides)(top)
    sides: dict[str, Side] = {OURS: ours, THEIRS: theirs}
    results: list[Rolled] = []
    for name, side in sides.items():
        if only not in {"", name}:
            continue
        runner = Runner(name=name, side=side, application=application, rps=rps, folder=top, say=say)
        try:
            say(f"{name}: preparing")
            side.prepare()
            results.append(runner.roll_web(rollouts))
            few = max(1, rollouts // OF_A_STORE)
            results += [runner.roll_store(store, few) for store in application.stores]
        finally:
            side.clean_up()
    return results


def table(results: list[Rolled]) -> str:
    """Give the figures as aligned lines."""
    rows = [HEAD, *map(_row, results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _row(rolled: Rolled) -> tuple[str, ...]:
    load = rolled.load
    return (
        rolled.name,
        rolled.what,
        str(len(rolled.seconds)),
        f"{statistics.median(rolled.seconds):.2f} s",
        str(load.requests),
        str(load.failed),
        str(load.wrong),
        str(load.repeated),
        f"{load.failed_s:.1f} s",
        f"{load.p50_ms:.1f} ms",
        f"{load.p99_ms:.1f} ms",
    )

"""
Roll out under a steady load, beside `docker compose up -d` doing the same: `make rollouts`.

What counts is that no request failed on our side, and how many did on theirs in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.rollouts.changes import Shop, Small
from tests.rollouts.race import Runner
from tests.rollouts.sides import shop_sides, small_sides

if TYPE_CHECKING:
    from collections.abc import Callable

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


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def race(
    top: Path,
    *,
    shop: bool,
    rollouts: int,
    rps: float,
    only: str = "",
    say: Callable[[str], None] = say,
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


def main() -> int:
    """Give 1 when a request of ours failed, for good in case clients repeat it."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="sandbox-rollouts-") as top:
        results = race(
            Path(top),
            shop=options.app == "shop",
            rollouts=options.rollouts,
            rps=options.rps,
            only=options.only,
        )
    print(table(results))
    for rolled in results:
        for line in rolled.load.examples if rolled.name == OURS else ():
            print(line)
    if options.json:
        document = {
            "schema": 1,
            "application": options.app,
            "rps": options.rps,
            "processors": os.cpu_count(),
            "sides": [rolled.document() for rolled in results],
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    ours = [rolled.load for rolled in results if rolled.name == OURS]
    return 1 if any(load.failed or load.wrong for load in ours) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.rollouts", description=__doc__)
    parser.add_argument("--app", choices=("shop", "small"), default="shop")
    parser.add_argument("--rollouts", type=int, default=200)
    parser.add_argument("--rps", type=float, default=250.0)
    parser.add_argument("--only", choices=(OURS, THEIRS), default="", help="one side alone")
    parser.add_argument("--json", type=Path, help="also write the figures into this file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

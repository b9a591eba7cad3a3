"""
Roll out under a steady load, beside `docker compose up -d` doing the same: `make rollouts`.

What counts is that no request failed on our side, and how many did on theirs in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.rollouts.contest import OURS, THEIRS, race, table


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


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
            say=say,
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

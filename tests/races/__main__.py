"""Race commands that commit with one another and with a user: `make races`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.conftest import GIT_ENVIRONMENT
from tests.races.contest import race


def main() -> int:
    """Give 1 when anything of anybody's was lost, or HEAD, index and file differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ.update(GIT_ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="sandbox-races-") as top:
        tally = race(
            Path(top, "shop"),
            rounds=options.rounds,
            processes=options.processes,
            seed=options.seed,
        )
    print(tally.text())
    for fault in tally.faults:
        print(fault)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""
Mount generated trees, and compare what processes see with `docker compose`: `make mounts`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.mounts.contest import compare


def main() -> int:
    """Give 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="make mounts", description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--rounds", type=int, default=60, help="generated repositories")
    parser.add_argument("--mounts", type=int, default=12, help="mounts of each of three services")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.rounds)
    with tempfile.TemporaryDirectory(prefix="sandbox-mounts-") as top:
        score = compare(
            Path(top), seeds, options.mounts, lambda line: print(line, file=sys.stderr, flush=True)
        )
    print(*score.differences, score, sep="\n")
    return 1 if score.differences else 0


if __name__ == "__main__":
    sys.exit(main())

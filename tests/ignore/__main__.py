"""`python -m tests.ignore`: many trees and lists of ignored files, beside `docker build`."""

import argparse
import sys

from tests.ignore.comparison import compared

SHOWN_MAX = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ignore", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes = list(compared(options.cases, options.seed))
    different = [one for one in outcomes if not one.is_equal]
    for one in different[:SHOWN_MAX]:
        print(f"{one.case}\n  docker build: {_shown(one.theirs)}\n  ours: {_shown(one.ours)}")
    telling = sum(one.is_telling for one in outcomes)
    refused = sum(one.theirs is None for one in outcomes)
    equal = len(outcomes) - len(different)
    print(
        f"equal lists of files: {equal} of {len(outcomes)}"
        f" ({telling} leave out some files and send others, {refused} lists are refused by both)"
    )
    return 1 if different else 0


def _shown(files: frozenset[str] | None) -> str:
    return "refused" if files is None else " ".join(sorted(files))


sys.exit(main())

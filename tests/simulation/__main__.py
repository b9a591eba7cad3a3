"""
Run many seeds: ``python -m tests.simulation --seeds 1000``, or one: ``--seed 17 --log``.

``--bugs --seeds 25`` plants one bug after the other, and says how many schedules find each.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.campaign import Figures, run_all
from tests.simulation.hunt import hunt_all
from tests.simulation.run import run
from tests.simulation.shrink import shrink
from tests.simulation.story import story
from tests.simulation.wide import draw


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one, and tell its story")
    parser.add_argument("--log", action="store_true", help="with --seed: every call")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    parser.add_argument("--bugs", action="store_true", help="hunt for every planted bug")
    given = parser.parse_args(arguments)
    if given.seed is not None:
        outcome = run(draw(given.seed))
        print("\n".join(outcome.log) if given.log else story(outcome))
        return bool(outcome.violations)
    seeds = range(given.first, given.first + given.seeds)
    return _hunt(seeds, given.jobs) if given.bugs else _run(seeds, given.jobs)


def _hunt(seeds: range, jobs: int) -> int:
    found = []
    for each in hunt_all(seeds, jobs):
        print(each.line, flush=True)
        found.append(bool(each.invariant))
    print(f"found {sum(found)} of {len(found)}")
    return not all(found)


def _run(seeds: range, jobs: int) -> int:
    began = time.monotonic()
    total = Figures()
    for each in run_all(seeds, jobs):
        total.add(each)
        for seed, invariants in each.failed.items():
            print(f"seed {seed}: {', '.join(invariants)}", flush=True)
    print("\n".join(total.lines(time.monotonic() - began)))
    for seed in sorted(total.failed)[:1]:
        print(f"\nthe smallest schedule of seed {seed} that fails in the same way:")
        print(story(shrink(run(draw(seed)))))
    return bool(total.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""
Run schedules in the simulation and on the real engine, and compare the ends: `make differential`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from sandbox.bootstrap import open_workspace
from tests.conftest import GIT_ENVIRONMENT
from tests.differential.comparison import Comparison, compare
from tests.engine_world import DockerHands
from tests.simulation.models import REGISTRY


def main() -> int:
    """Give 1 when the end of a schedule differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--schedules", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="seed of the first of them")
    parser.add_argument("--steps", type=int, default=6, help="commits and deeds of each, at most")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    parser.add_argument("--log", action="store_true", help="show what the real controller told")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.schedules)
    began = time.monotonic()
    differ: list[int] = []
    with tempfile.TemporaryDirectory(prefix="sandbox-differential-") as top:
        os.environ.update(GIT_ENVIRONMENT, XDG_STATE_HOME=str(Path(top, "state")))
        one = partial(compare, Path(top), steps=options.steps)
        try:
            with get_context("spawn").Pool(options.jobs) as pool:
                for found in pool.imap_unordered(one, seeds):
                    print("\n".join(lines(found, log=options.log)), flush=True)
                    differ += [found.seed] if found.differences else []
        finally:
            clean(Path(top))
    equal = len(seeds) - len(differ)
    print(f"{equal} of {len(seeds)} schedules end equal, {time.monotonic() - began:.0f} s")
    if differ:
        print(f"these differ: {', '.join(map(str, sorted(differ)))}")
    return bool(differ)


def clean(top: Path) -> None:
    """Remove what the repositories below *top* have on the engine, however their runs ended."""
    with closing((hands := DockerHands()).client):
        for folder in sorted(top.glob("*/.git")):
            with open_workspace(str(folder.parent)) as workspace:
                hands.clean(workspace.repository.instance)
        hands.remove_images(f"{REGISTRY}/")


def lines(found: Comparison, *, log: bool) -> list[str]:
    said = "differs" if found.differences else "equal"
    told = found.told if log or found.differences else []
    head = f"schedule {found.seed}: {said}, {found.steps} steps, {found.facts} facts"
    return [
        f"{head}, {found.seconds:.1f} s",
        *(f"  {each}" for each in (*found.differences, *told)),
    ]


if __name__ == "__main__":
    sys.exit(main())

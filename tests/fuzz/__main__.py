"""
`python -m tests.fuzz`: feed the loader damaged texts; keep what it neither reads nor refuses.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.fuzz.campaign import Result, case_name, run_alone
from tests.fuzz.targets import TARGETS

CASES = Path(__file__).parent / "cases"


def main() -> int:
    options = _options()
    unknown = set(options.targets) - TARGETS.keys()
    if unknown:
        print(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
        return 2
    names = options.targets or list(TARGETS)
    same = [[each] * len(names) for each in (options.executions, options.seconds, options.seed)]
    print("| target | executions | accepted | seconds | slowest | memory | findings |")
    print("|---|---|---|---|---|---|---|", flush=True)
    found = 0
    # A process for each target: what one grew to is not counted as that of the next.
    with ProcessPoolExecutor(
        options.jobs, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        for name, result in zip(names, pool.map(run_alone, names, *same), strict=True):
            print(_row(name, result), flush=True)
            _kept(name, result)
            found += len(result.findings)
    return 1 if found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--executions", type=int, default=1_000_000, help="of each target")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds make equal texts")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time")
    return parser.parse_args()


def _row(name: str, result: Result) -> str:
    share = result.accepted / max(result.executions, 1)
    return (
        f"| {name} | {result.executions:,} | {share:.0%} | {result.seconds:,.0f}"
        f" | {result.slowest_s * 1000:,.0f} ms | {result.memory_bytes / 2**20:,.0f} MiB"
        f" | {len(result.findings)} |"
    )


def _kept(name: str, result: Result) -> None:
    """Write each finding where the tests will replay it."""
    for finding in result.findings.values():
        folder = CASES / name
        folder.mkdir(parents=True, exist_ok=True)
        case = folder / case_name(finding)
        case.write_bytes(finding.text.encode("utf-8", "surrogatepass"))
        print(f"\n{case}:\n{finding.story}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

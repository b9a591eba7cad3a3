"""
`python -m tests.conformance`: load every case of the corpus beside the repository, and compare.

The corpus is no part of the project. It holds files, what the official loader makes of each case,
and the program that compares; here our answers are written, in one process, and that is called.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conformance.answers import write_answer
from tests.conformance.corpus import Corpus, find_corpus, unpacked
from tests.conformance.deviations import listed_deviations

REPOSITORY = Path(__file__).parents[2]
DEVIATIONS_SHARE_MAX = 0.01


def main() -> int:
    options = _options()
    place = find_corpus(REPOSITORY)
    if place is None:
        print("the corpus is absent: it belongs beside the repository, in shared/compose-corpus")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        corpus = unpacked(place, Path(folder))
        started = time.perf_counter()
        crashes = _answer(corpus, Path(folder) / "answers", options)
        took_s = time.perf_counter() - started
        verdicts = _compare(corpus, Path(folder), options)
    return _report(verdicts, crashes, took_s, whole=not (options.match or options.kind))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--match", help="only cases whose id matches this regular expression")
    parser.add_argument("--kind", action="append", help="wild, micro, inline, testdata, e2e, spec")
    parser.add_argument("--show", type=int, default=20, help="how many bad cases to print")
    return parser.parse_args()


def _answer(corpus: Corpus, answers: Path, options: argparse.Namespace) -> list[str]:
    """Write our answer to each chosen case; give the ids of those that ended in a traceback."""
    crashes: list[str] = []
    for case in corpus.cases(options.match, options.kind):
        crash = write_answer(case, corpus, answers)
        if crash:
            crashes.append(case.id)
            print(f"traceback: {case.id}\n{crash}")
    return crashes


def _compare(corpus: Corpus, folder: Path, options: argparse.Namespace) -> list[dict[str, str]]:
    """Let the corpus's own program compare; it prints a summary."""
    report = folder / "report.json"
    command = [sys.executable, str(corpus.compare), "suite"]
    command += ["--manifest", str(corpus.manifest), "--actual", str(folder / "answers")]
    command += ["--jobs", "1", "--show", str(options.show), "--json", str(report)]
    for kind in options.kind or ():
        command += ["--kind", kind]
    if options.match:
        command += ["--match", options.match]
    subprocess.run(command, check=False)
    verdicts: list[dict[str, str]] = json.loads(report.read_text())
    return verdicts


def _report(
    verdicts: list[dict[str, str]], crashes: list[str], took_s: float, *, whole: bool
) -> int:
    bad = {one["id"] for one in verdicts if one["result"] not in {"same", "both reject"}}
    listed = listed_deviations(REPOSITORY / "docs" / "compose.md")
    print(f"\nloaded {len(verdicts)} cases in {took_s:.1f} s; tracebacks: {len(crashes)}")
    print(f"deviations: {len(bad & listed)} listed in docs/compose.md, {len(bad - listed)} not")
    stale = listed - bad if whole else set[str]()
    for name in sorted(stale):
        print(f"listed, but no deviation: {name}")
    too_many = whole and len(listed) > DEVIATIONS_SHARE_MAX * len(verdicts)
    if too_many:
        print(f"more than {DEVIATIONS_SHARE_MAX:.0%} of the cases are listed as deviations")
    return 1 if crashes or bad - listed or stale or too_many else 0


sys.exit(main())

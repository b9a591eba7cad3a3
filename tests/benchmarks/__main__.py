"""
Measure commit to healthy beside `docker compose`, and what the controller costs: `make bench`.

The figures depend on the machine; what counts is ours beside theirs in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.compose_side import ComposeSide, find_compose
from tests.benchmarks.idle import watch_idle
from tests.benchmarks.ingress import measure_overhead
from tests.benchmarks.measure import CannotMeasureError, Series, run
from tests.benchmarks.processes import with_controller, without_controller
from tests.benchmarks.race import contests, hold
from tests.benchmarks.report import Report
from tests.benchmarks.sandbox_side import SandboxSide
from tests.playground import engine, free_port
from tests.rollouts.contest import race

NAMES = ("race", "seen", "healed", "processes", "idle", "ingress", "rollouts")
SHOP = NAMES[:5]
"""Those that measure the shop."""
RPS = 200.0
LIMIT_S = 480.0
"""All of it, at most."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """How often each thing is done; *pairs* of no-op, configuration, source, cold start."""

    pairs: tuple[int, ...] = (5, 5, 3, 2)
    commits: int = 30
    kills: int = 3
    processes: int = 10
    idle_s: float = 30.0
    rounds: int = 3
    round_s: float = 4.0
    rollouts: int = 10


QUICK = Numbers(
    pairs=(1, 1, 1, 1),
    commits=3,
    kills=1,
    processes=1,
    idle_s=5.0,
    rounds=1,
    round_s=2.0,
    rollouts=2,
)


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


@dataclass(kw_only=True)
class Bench:
    """One run: two sides, how often, and the report that is filled; *top* is a folder for it."""

    top: Path
    ours: SandboxSide
    theirs: ComposeSide
    numbers: Numbers
    report: Report

    def run(self, names: list[str]) -> None:
        """Measure what *names* says; one failure does not end the rest."""
        if any(name in SHOP for name in names):
            self._prepare()
        stages = [self._race, self._seen, self._healed, self._processes, self._idle]
        stages += [self._ingress, self._rollouts]
        for name, stage in zip(NAMES, stages, strict=True):
            if name in names:
                self._try(name, stage)

    def _prepare(self) -> None:
        say("preparing ours: init, build, up")
        self.ours.prepare()
        say("preparing theirs: build, up")
        self.theirs.prepare(self.ours.folder)
        self.theirs.no_op()

    def _try(self, name: str, stage: Callable[[], None]) -> None:
        try:
            stage()
        except (CannotMeasureError, AssertionError) as error:
            self._fail(name, error)

    def _fail(self, name: str, error: Exception) -> None:
        say(f"{name}: {error}")
        self.report.failures.append(f"{name}: {error}")

    def _race(self) -> None:
        for contest in contests(self.ours, self.theirs, pairs=self.numbers.pairs):
            try:
                self.report.races.append(hold(contest, say))
            except (CannotMeasureError, AssertionError) as error:
                self._fail(contest.name, error)

    def _seen(self) -> None:
        say(f"commit to seen: {self.numbers.commits} commits")
        self.report.seen = self._series("commit to seen", self.numbers.commits, self.ours.seen)

    def _healed(self) -> None:
        say(f"kill to healed: {self.numbers.kills} times")
        self.report.alone.append(
            self._series(
                "web killed to healthy (first restart, no back-off)",
                self.numbers.kills,
                self.ours.healed,
            )
        )

    def _processes(self) -> None:
        self.ours.command("up")
        times = self.numbers.processes
        held = with_controller(self.ours, self.theirs, times=times)
        self.report.races.append(hold(held, say))
        self.ours.end_controller()
        held = without_controller(self.ours, self.theirs, times=times)
        self.report.races.append(hold(held, say))

    def _idle(self) -> None:
        self.ours.command("up")
        self.theirs.down()
        say(f"idle controller: {self.numbers.idle_s:g} s")
        self.report.idle = watch_idle(self.ours.controller(), seconds=self.numbers.idle_s)

    def _ingress(self) -> None:
        rounds, round_s = self.numbers.rounds, self.numbers.round_s
        say(f"full speed, directly and through the ingress: {rounds} times {round_s:g} s each")
        self.report.ways = measure_overhead(self.top / "ingress", rounds=rounds, round_s=round_s)

    def _rollouts(self) -> None:
        say(f"rollouts under {RPS:g} requests per second: {self.numbers.rollouts}")
        self.report.rollouts = race(
            self.top, shop=False, rollouts=self.numbers.rollouts, rps=RPS, say=say
        )

    @staticmethod
    def _series(name: str, number: int, attempt: Callable[[], float]) -> Series:
        return Series(name=name, samples=[attempt() for _ in range(number)])

    def clean_up(self) -> None:
        """Remove what both sides made, and nothing else; Ctrl-C does not cut this."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("cleaning up")
        for side in (self.theirs, self.ours):
            try:
                side.clean_up()
            except Exception as error:  # noqa: BLE001 - the other side is cleaned up all the same
                self._fail("clean-up", error)


def main() -> int:
    """Give 1 when something could not be measured, 130 when it was interrupted."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = Report()
    interrupted = False
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sandbox-bench-", ignore_cleanup_errors=True) as top:
        try:
            bench = _bench(Path(top), options, report)
        except CannotMeasureError as error:
            say(str(error))
            return 1
        try:
            bench.run(options.only or list(NAMES))
        except KeyboardInterrupt:
            interrupted = True
        except (CannotMeasureError, AssertionError) as error:
            report.failures.append(str(error))
        finally:
            bench.clean_up()
    took_s = time.monotonic() - began
    report.machine["seconds"] = f"{took_s:.0f}"
    if took_s > LIMIT_S:
        report.failures.append(f"it took {took_s:.0f} s; at most {LIMIT_S:g} s are meant")
    print(json.dumps(report.document(), indent=2) if options.output == "json" else report.text())
    if interrupted:
        return 130
    return 1 if report.failures else 0


def _bench(top: Path, options: argparse.Namespace, report: Report) -> Bench:
    binary = find_compose()
    report.machine.update(_machine(binary))
    ports = {name: free_port() for name in ("staging", "production", "theirs")}
    folder = top / "shop-of-theirs"
    folder.mkdir()
    theirs = ComposeSide(
        binary=binary, folder=folder, project=f"bench-{os.getpid()}", port=ports.pop("theirs")
    )
    return Bench(
        top=top,
        ours=SandboxSide(folder=top / "shop", ports=ports),
        theirs=theirs,
        numbers=QUICK if options.quick else Numbers(),
        report=report,
    )


def _machine(binary: Path) -> dict[str, str]:
    with engine() as client:
        version = client.version()
    return {
        "docker compose": run([str(binary), "version", "--short"]).output.strip(),
        "engine": f"{version['Version']} (API {version['ApiVersion']})",
        "python": ".".join(map(str, sys.version_info[:3])),
        "processors": str(os.cpu_count()),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="everything once: does it work?")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    parser.add_argument("--only", action="append", choices=NAMES, help="repeat for several")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""What was measured, as a table and as a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.idle import Idle
from tests.benchmarks.ingress import FullSpeed
from tests.benchmarks.measure import Series
from tests.benchmarks.race import Result
from tests.rollouts.contest import table
from tests.rollouts.race import Rolled

WAY_HEAD = ("", "requests/s", "p50", "p95", "p99", "requests")
HEAD = ("", "median", "min", "max", "n", "ours / theirs")


@dataclass(kw_only=True)
class Report:
    """
    Everything of one run.

    Attributes:
        machine: What it ran on: facts by name.
        alone: What has no counterpart on the other side.
        seen: Commit to seen.
        ways: One service at full speed, directly and through the ingress.
        rollouts: Both sides under a steady load.
        failures: What could not be measured, and why.
    """

    machine: dict[str, str] = field(default_factory=dict)
    races: list[Result] = field(default_factory=list)
    alone: list[Series] = field(default_factory=list)
    seen: Series | None = None
    idle: Idle | None = None
    ways: tuple[FullSpeed, ...] = ()
    rollouts: list[Rolled] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "machine": self.machine,
            "races": [_race_document(race) for race in self.races],
            "seen": self.seen.document() if self.seen else None,
            "alone": [series.document() for series in self.alone],
            "idle": self.idle.document() if self.idle else None,
            "ways": [way.document() for way in self.ways],
            "rollouts": [rolled.document() for rolled in self.rollouts],
            "failures": self.failures,
        }

    def text(self) -> str:
        parts = [", ".join(f"{name} {value}" for name, value in self.machine.items())]
        parts += [aligned([HEAD, *_race_rows(self.races)])] if self.races else []
        rows = [_alone_row(series) for series in self.alone]
        parts += [aligned([HEAD[:-1], *rows])] if rows else []
        parts += [_seen_line(self.seen)] if self.seen else []
        parts += [_idle_line(self.idle)] if self.idle else []
        parts += [aligned([WAY_HEAD, *map(_way_row, self.ways)])] if self.ways else []
        parts += [table(self.rollouts)] if self.rollouts else []
        parts += [f"not measured: {failure}" for failure in self.failures]
        return "\n\n".join(parts)


def _race_document(race: Result) -> dict[str, Any]:
    return {
        "name": race.name,
        "theirs": race.theirs.document(),
        "ours": [{**series.document(), "ratio": race.ratio(series)} for series in race.ours],
    }


def _race_rows(races: list[Result]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for race in races:
        rows.append((race.name,))
        rows += [
            (*_cells(f"  {series.name}", series), f"{race.ratio(series):.2f}")
            for series in race.ours
        ]
        rows.append(_cells(f"  {race.theirs.name}", race.theirs))
    return rows


def _alone_row(series: Series) -> tuple[str, ...]:
    return _cells(series.name, series)


def _cells(name: str, series: Series) -> tuple[str, ...]:
    figures = (series.median, min(series.samples), max(series.samples))
    return (name, *(_figure(value) for value in figures), str(len(series.samples)))


def _figure(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1.0 else f"{seconds * 1000:.0f} ms"


def _way_row(way: FullSpeed) -> tuple[str, ...]:
    found = way.document()
    times = (f"{found[name]:.1f} ms" for name in ("p50_ms", "p95_ms", "p99_ms"))
    return (way.name, f"{way.rate:.0f}", *times, str(found["requests"]))


def _seen_line(series: Series) -> str:
    p50, p99 = series.percentile(50), series.percentile(99)
    number = len(series.samples)
    return f"commit to seen: p50 {_figure(p50)}, p99 {_figure(p99)} of {number} commits"


def _idle_line(idle: Idle) -> str:
    return (
        f"idle controller, two environments converged: {idle.memory_mib:.0f} MiB resident"
        f" ({idle.private_mib:.0f} MiB of its own), {idle.cpu_s:.2f} s of CPU in"
        f" {idle.watched_s:.0f} s ({idle.percent:.1f} % of one core),"
        f" {idle.threads} threads, {idle.descriptors} descriptors"
    )


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Align *rows*: the first column left, the others right."""
    columns = max(map(len, rows))
    full = [row + ("",) * (columns - len(row)) for row in rows]
    widths = [max(len(row[column]) for row in full) for column in range(columns)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in full
    )

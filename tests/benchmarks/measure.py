"""Samples, what they mean, and whole processes as the kernel accounts for them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LAST_LINES = 12


class CannotMeasureError(Exception):
    """Something that was to be measured did not happen; the message is for people."""


@dataclass(kw_only=True)
class Series:
    """Samples of one thing, in seconds unless *unit* says otherwise."""

    name: str
    unit: str = "s"
    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    def percentile(self, percent: int) -> float:
        """The sample that *percent* of all do not exceed (nearest rank)."""
        ordered = sorted(self.samples)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]

    def document(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "min": min(self.samples),
            "max": max(self.samples),
            "p99": self.percentile(99),
            "samples": self.samples,
        }


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A process that ended well: how long it took, what it computed, and what it printed."""

    wall_s: float
    cpu_s: float
    output: str


def run(
    command: Sequence[str], *, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Ran:
    """Run a whole process, from before it starts until it has ended; it must end well."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        with process.stdout as output:
            printed = output.read().decode(errors="replace")
        _, ended_with, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        process.wait()
        raise
    wall_s = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(ended_with)
    if process.returncode:
        tail = "\n".join(printed.splitlines()[-LAST_LINES:])
        words = " ".join(command)
        raise CannotMeasureError(f"{words}: ended with status {process.returncode}\n{tail}")
    return Ran(wall_s=wall_s, cpu_s=usage.ru_utime + usage.ru_stime, output=printed)

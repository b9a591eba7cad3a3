"""What a controller costs while nothing happens, as the kernel accounts for it."""

from __future__ import annotations

import os
import re
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import CannotMeasureError

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Idle:
    """
    One look at a process, and what it used while it was watched.

    Attributes:
        memory_mib: Resident memory at the end.
        private_mib: Of that, what no other process shares.
    """

    watched_s: float
    cpu_s: float
    memory_mib: float
    private_mib: float
    threads: int
    descriptors: int

    @property
    def percent(self) -> float:
        """Share of one processor."""
        return 100.0 * self.cpu_s / self.watched_s

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "percent": self.percent}


def watch_idle(process: int, *, seconds: float) -> Idle:
    """Watch *process* for *seconds*."""
    try:
        before = _cpu_s(process)
        began = time.monotonic()
        time.sleep(seconds)
        watched_s = time.monotonic() - began
        status = Path(f"/proc/{process}/status").read_text()
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        private = _number("Private_Clean", rollup) + _number("Private_Dirty", rollup)
        return Idle(
            watched_s=watched_s,
            cpu_s=_cpu_s(process) - before,
            memory_mib=_number("VmRSS", status) * KIB / MIB,
            private_mib=private * KIB / MIB,
            threads=_number("Threads", status),
            descriptors=len(list(Path(f"/proc/{process}/fd").iterdir())),
        )
    except FileNotFoundError as error:
        raise CannotMeasureError(f"the controller ended while it was watched: {error}") from error


def _cpu_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def _number(name: str, text: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    assert found is not None, f"the kernel tells {name}"
    return int(found[1])

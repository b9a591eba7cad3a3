"""What a controller costs while nothing happens, as the kernel accounts for it."""

from __future__ import annotations

import os
import re
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import CannotMeasureError

KIB = 1024
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Usage:
    """
    What a process holds now, and the processor seconds that it has used.

    Attributes:
        memory_mib: Resident memory.
        private_mib: Of that, what no other process shares.
    """

    cpu_s: float
    memory_mib: float
    private_mib: float
    threads: int
    descriptors: int


@dataclass(frozen=True, kw_only=True)
class Idle(Usage):
    """What a process holds at the end of a watch, and what it used meanwhile."""

    watched_s: float

    @property
    def percent(self) -> float:
        """Share of one processor."""
        return 100.0 * self.cpu_s / self.watched_s

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "percent": self.percent}


def watch_idle(process: int, *, seconds: float) -> Idle:
    """Watch *process* for *seconds*."""
    before = usage_of(process)
    began = time.monotonic()
    time.sleep(seconds)
    watched_s = time.monotonic() - began
    after = usage_of(process)
    used = replace(after, cpu_s=after.cpu_s - before.cpu_s)
    return Idle(watched_s=watched_s, **asdict(used))


def usage_of(process: int) -> Usage:
    """Look at *process* once."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        private = _number("Private_Clean", rollup) + _number("Private_Dirty", rollup)
        return Usage(
            cpu_s=cpu_s(process),
            memory_mib=_number("VmRSS", status) * KIB / MIB,
            private_mib=private * KIB / MIB,
            threads=_number("Threads", status),
            descriptors=len(list(Path(f"/proc/{process}/fd").iterdir())),
        )
    except (FileNotFoundError, ProcessLookupError) as error:
        raise CannotMeasureError(f"the controller ended while it was watched: {error}") from error


def cpu_s(process: int, *, children: bool = False) -> float:
    """Processor seconds of *process*; with *children*, also of those that it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / os.sysconf("SC_CLK_TCK")


def _number(name: str, text: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
    assert found is not None, f"the kernel tells {name}"
    return int(found[1])

"""
Slow containers down behind the engine's back: it goes on to report what it was asked for.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import docker.errors

from tests.playground import INSTANCE_LABEL, engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CGROUPS: Final = Path("/sys/fs/cgroup")
PERIOD_US: Final = 100_000
LOOK_S: Final = 0.05


@dataclass(slots=True, kw_only=True)
class Throttle:
    """
    Gives every container of an instance a part of its processor share, as soon as it starts.

    Attributes:
        instance: Tells the instance once it is known; empty before.
        slowed: Processes that were slowed down, by container id and pid.
    """

    instance: Callable[[], str]
    part: float
    slowed: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[Throttle]:
        """Slow containers down until the block ends."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        with engine() as client:
            while not self._ended.wait(LOOK_S):
                instance = self.instance()
                filters = {"label": f"{INSTANCE_LABEL}={instance}", "status": "running"}
                for entry in client.containers(filters=filters) if instance else ():
                    with suppress(docker.errors.APIError, OSError):
                        self._slow(client.inspect_container(entry["Id"]))

    def _slow(self, container: dict[str, Any]) -> None:
        pid = int(container["State"]["Pid"])
        if not pid or (container["Id"], pid) in self.slowed:
            return
        share = (container["HostConfig"]["NanoCpus"] or 0) / 1e9 or float(os.cpu_count() or 1)
        write_quota(pid, round(share * self.part * PERIOD_US))
        self.slowed.add((container["Id"], pid))


def write_quota(pid: int, quota_us: int) -> None:
    """Give the control group of *pid* so many microseconds of each tenth of a second."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            (CGROUPS / path.lstrip("/") / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
            return
        if "cpu" in controllers.split(","):
            group = CGROUPS / controllers / path.lstrip("/")
            (group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (group / "cpu.cfs_quota_us").write_text(str(quota_us))
            return
    message = f"process {pid} is in no control group for processors"
    raise OSError(message)

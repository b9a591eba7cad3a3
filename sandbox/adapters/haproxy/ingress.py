"""
The Ingress port on HAProxy in a container.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from sandbox.adapters.haproxy import counters
from sandbox.adapters.haproxy.answers import Said, Workers, read, read_workers
from sandbox.adapters.haproxy.change import change
from sandbox.adapters.haproxy.consoles import Consoles
from sandbox.adapters.haproxy.look import look, no_worker
from sandbox.errors import IngressError
from sandbox.model.ingress import IngressReport, ServingServer
from sandbox.planning.haproxy import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sandbox.adapters.haproxy.console import Console, Converse
    from sandbox.model.ingress import IngressConfig

Answer = TypeVar("Answer")

_PATIENCE_S = 3.0
"""Seconds for a container that was just started to get ready."""
_PAUSE_S = 0.1
_STATE = "# be_id "
"""In the head of what a worker says of its servers."""


class HaproxyIngress:
    """
    The Ingress port on HAProxy in containers. Safe to use from several threads.

    It remembers nothing: what runs is asked each time, so that whatever an earlier attempt left
    half done, even one of another process, is finished.

    Args:
        converse: Starts the console in a container.
    """

    def __init__(self, converse: Converse) -> None:
        self._consoles = Consoles(converse)
        self._lock = threading.Lock()
        # A turn is gone with the last who takes it or waits for it.
        self._turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()

    def apply(self, container_id: str, config: IngressConfig) -> None:
        """Make the running ingress do what *config* says, and return once it proved that."""
        self._with_console(container_id, lambda console: change(console, config))

    def drain(
        self,
        container_id: str,
        servers: Collection[str],
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> int:
        """Wait until nothing is under way to *servers*; give what was left after *timeout_s*."""
        deadline = time.monotonic() + timeout_s

        def wait(console: Console) -> int:
            pause_s = 0.02
            while left := _under_way(console, servers):
                left_s = deadline - time.monotonic()
                if left_s <= 0 or stop():
                    break
                time.sleep(min(pause_s, left_s))
                pause_s = min(2 * pause_s, 0.25)
            return left

        with self._consoles.open(container_id) as console:
            return wait(console)

    def report(self, container_id: str) -> IngressReport:
        """Ask the running ingress for its hash and counters."""
        return self._with_console(container_id, _report)

    def serving(self, container_id: str) -> tuple[ServingServer, ...]:
        """Ask the running ingress who gets new requests now; once, without waiting for others."""
        with self._consoles.open(container_id) as console:
            # Nothing else is asked: what takes long is not the answer but each question.
            said = console.master("@1 show servers state")
        if _STATE not in said:
            raise no_worker()
        servers = read(said).servers
        return tuple(
            ServingServer(backend=each.backend, server=each.name, weight=each.weight)
            for each in sorted(servers, key=lambda each: (each.backend, each.name))
            if each.in_use and each.weight > 0
        )

    def close(self) -> None:
        """End the consoles that nobody uses; the next call starts others."""
        self._consoles.close()

    def _with_console(self, container_id: str, use: Callable[[Console], Answer]) -> Answer:
        """Use a console, again for a while when the container is only getting ready."""
        deadline = time.monotonic() + _PATIENCE_S
        with self._lock:
            turn = self._turns.setdefault(container_id, threading.Lock())
        with turn:
            while True:
                try:
                    with self._consoles.open(container_id) as console:
                        return use(console)
                except IngressError as error:
                    if not error.temporary or time.monotonic() > deadline:
                        raise
                time.sleep(_PAUSE_S)


def _under_way(console: Console, servers: Collection[str]) -> int:
    statistics = _statistics(console, read_workers(console.master("show proc")))
    return sum(
        # One that does not answer is asked again, unless it ended.
        1 if not said.rows else sum(row.open for row in said.rows if row.server in servers)
        for said in statistics.values()
    )


def _statistics(console: Console, workers: Workers) -> dict[int, Said]:
    """Ask every worker for its figures; the latencies come from the current one."""
    to = f"@!{workers.current}"
    said = {pid: read(console.leaving(pid, "show stat")) for pid in workers.leaving}
    if workers.current:
        said[workers.current] = read(console.master(f"{to} show stat", f"{to} show table {TABLE}"))
    return said


def _report(console: Console) -> IngressReport:
    now = look(console)
    statistics = _statistics(console, now.workers)
    # Asked last: a worker that ended meanwhile left its last figures there.
    retired = console.ask("retired").text
    live = {pid: said for pid, said in statistics.items() if said.rows}
    return IngressReport(
        config_hash=now.runs if now.runs == now.kept else "",
        servers=counters.total(now.workers.current, live, retired),
    )

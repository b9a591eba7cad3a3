"""
What an ingress counted, added up over everything that ever answered in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sandbox.adapters.haproxy.answers import Said, read
from sandbox.model.ingress import ServerCounters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.adapters.haproxy.answers import Row


def total(current: int, live: Mapping[int, Said], retired: str) -> tuple[ServerCounters, ...]:
    """
    Add up workers that are there, servers that were removed from them, and workers that are gone.

    Args:
        current: Id of the worker that was not replaced.
        live: What each worker said, by its id.
        retired: What the console remembers: ``<pid>.gone`` has the removed servers of a worker,
            ``<pid>.last`` what it said before it ended, ``<pid>.table`` its latencies before it was
            replaced, for then it forgets them.

    Returns:
        Sorted by backend and server.
    """
    files = {name: read(text) for name, text in _files(retired)}
    sums = _Sums()
    for pid in live.keys() | {int(name.partition(".")[0]) for name in files}:
        worker = live.get(pid) or files.get(f"{pid}.last", Said())
        removed = files.get(f"{pid}.gone", Said())
        table = worker if pid == current else files.get(f"{pid}.table", Said())
        sums.add((*worker.rows, *removed.rows), table.latencies)
    return sums.result()


def _files(retired: str) -> Iterable[tuple[str, str]]:
    for part in ("\n" + retired).split("\nfile ")[1:]:
        name, _, text = part.partition("\n")
        yield name, text


class _Sums:
    """Figures by backend and server."""

    def __init__(self) -> None:
        self._requests = Counter[tuple[str, str]]()
        self._failed = Counter[tuple[str, str]]()
        self._open = Counter[tuple[str, str]]()
        self._latencies = defaultdict[tuple[str, str], Counter[int]](Counter)

    def add(self, rows: tuple[Row, ...], latencies: Mapping[str, int]) -> None:
        """Add one worker: rows of its servers, removed ones included, and of its backends."""
        nobody = Counter[str]()
        for row in rows:
            if not row.server:
                nobody[row.backend] += row.unreached
                continue
            nobody[row.backend] -= row.unreached
            key = (row.backend, row.server)
            self._requests[key] += row.requests
            self._failed[key] += row.failed
            self._open[key] += row.open
        for backend, count in nobody.items():
            if count > 0:
                self._requests[backend, ""] += count
                self._failed[backend, ""] += count
        for entry, count in latencies.items():
            backend, server, milliseconds = entry.split("/")
            self._latencies[backend, server][int(milliseconds)] += count

    def result(self) -> tuple[ServerCounters, ...]:
        """Give them sorted."""
        return tuple(
            ServerCounters(
                backend=backend,
                server=server,
                requests=self._requests[backend, server],
                failed=self._failed[backend, server],
                open=self._open[backend, server],
                latencies_ms=dict(sorted(self._latencies[backend, server].items())),
            )
            for backend, server in sorted(self._requests.keys() | self._latencies.keys())
        )

"""
What HAProxy 3.0 prints on its command line, as values.

Source:
    HAProxy 3.0 Management Guide, sections 9.1 ("CSV format"), 9.3 and 9.4.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.planning.haproxy import HTTP_LISTENER
from sandbox.planning.haproxy_changes import RunningServer

if TYPE_CHECKING:
    from collections.abc import Iterable

_VARIABLE = re.compile(r"(proc\.\w+): type=str value=<(.*)>")
_ENTRY = re.compile(r"0x[0-9a-f]+: key=(\S+) .*\bhttp_req_cnt=(\d+)")
_STATE_FIELDS = 25
_OPEN, _CLIENT_ABORTS = 4, 49
_FIGURES = (_OPEN, 7, 13, 14, 15, 16, _CLIENT_ABORTS)
"""Places of scur, stot, econ, eresp, wretr, wredis and cli_abrt among the columns of ``show stat``;
new columns only ever come at its end."""
_RESPONSES = slice(39, 45)
_5XX = 43
_FRONTEND, _BACKEND = "FRONTEND", "BACKEND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """
    Processes that answer requests.

    Attributes:
        current: Id of the one that takes new connections; 0 when there is none.
        leaving: Ids of those that were replaced and still have connections.
    """

    current: int = 0
    leaving: tuple[int, ...] = ()

    @property
    def all(self) -> tuple[int, ...]:
        """Ids of all of them."""
        return (*((self.current,) if self.current else ()), *self.leaving)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One server or one whole backend, of one worker.

    Attributes:
        server: Empty for the backend itself.
        requests: That ended, one way or another; connections in TCP mode.
        failed: Of these, those that ended with 5xx, without an answer or with half of one.
        unreached: Of these, those that reached nobody.
        open: Under way now.
    """

    backend: str
    server: str
    requests: int = 0
    failed: int = 0
    unreached: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """
    Everything that was found in one text.

    Attributes:
        clients: Connections of HTTP clients, those that idle too.
        latencies: Number of responses by ``<backend>/<server>/<milliseconds>``.
    """

    rows: tuple[Row, ...] = ()
    clients: int = 0
    servers: tuple[RunningServer, ...] = ()
    variables: dict[str, str] = field(default_factory=dict[str, str])
    latencies: dict[str, int] = field(default_factory=dict[str, int])


def read_workers(text: str) -> Workers:
    """Read ``show proc``."""
    section, found = "", dict[str, list[int]]()
    for line in text.splitlines():
        if line.startswith("# "):
            section = line.strip()
        elif (words := line.split())[1:2] == ["worker"]:
            found.setdefault(section, []).append(int(words[0]))
    return Workers(
        current=found.get("# workers", [0])[0], leaving=tuple(found.get("# old workers", ()))
    )


def read(text: str) -> Said:
    """Read ``show stat``, ``show servers state``, ``show table`` and ``get var``, in any order."""
    lines = text.splitlines()
    cells = [line.split(",") for line in lines if not line.startswith("# pxname,")]
    statistics = [each for each in cells if len(each) > _CLIENT_ABORTS]
    return Said(
        rows=tuple(_row(each) for each in statistics if each[1] != _FRONTEND),
        clients=sum(
            int(each[_OPEN])
            for each in statistics
            if each[1] == _FRONTEND and each[0].startswith(HTTP_LISTENER)
        ),
        servers=tuple(_servers(lines)),
        variables={found[1]: found[2] for line in lines if (found := _VARIABLE.fullmatch(line))},
        latencies={found[1]: int(found[2]) for line in lines if (found := _ENTRY.match(line))},
    )


def _row(cells: list[str]) -> Row:
    backend, server, *_ = cells
    under_way, total, econ, eresp, retries, redispatches, aborted = (
        int(cells[place] or 0) for place in _FIGURES
    )
    # What was tried again counts in *total* each time.
    requests = max(total - retries - redispatches - under_way, 0)
    responses = [int(cell) for cell in cells[_RESPONSES] if cell]
    # A server that hangs up on a connection that was used before is in no column of its own; there
    # are no responses in TCP mode.
    silent = max(requests - sum(responses) - econ - eresp - aborted, 0) if responses else 0
    return Row(
        backend=backend,
        server="" if server == _BACKEND else server,
        requests=requests,
        # An answer of 5xx that broke off is counted twice.
        failed=min(int(cells[_5XX] or 0) + econ + eresp + silent, requests),
        unreached=econ,
        open=under_way,
    )


def _servers(lines: Iterable[str]) -> Iterable[RunningServer]:
    for line in lines:
        cells = line.split()
        if len(cells) != _STATE_FIELDS or not cells[0].isdecimal():
            continue
        _, backend, _, name, address, _, admin, weight, *_ = cells
        yield RunningServer(
            backend=backend,
            name=name,
            address=address,
            port=int(cells[18]),
            weight=int(weight),
            in_use=admin == "0",
        )

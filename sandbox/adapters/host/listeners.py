"""
Who holds a port of this machine, as the kernel's tables have it.
"""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.model.observed import TakenPort

if TYPE_CHECKING:
    from collections.abc import Iterator

TCP_LISTEN = "0A"
FOR_CONTAINERS = ("docker-proxy", "dockerd", "rootlesskit", "rootlessport")
"""Whose listening the engine tells of itself, by container."""
COLUMN_LOCAL, COLUMN_STATE, COLUMN_INODE = 1, 3, 9


def is_free(port: int) -> bool:
    """
    Whether a server could bind *port* of loopback; found by binding it for a moment.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections that linger from the last one are no holder.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def holder(port: int, proc: Path = Path("/proc")) -> str:
    """
    Name and number of the process that listens on *port*; a phrase when it cannot be known.
    """
    return _process_of({inode for _, inode in _listening(port, proc)}, proc)


def taken(port: int, proc: Path = Path("/proc")) -> tuple[TakenPort, ...]:
    """
    Who listens on TCP *port*, by address, other than for a container.

    Reads tables only: to try and bind it could be in the way of who is about to.
    """
    found = [
        TakenPort(bound=(address, port, "tcp"), holder=_process_of({inode}, proc))
        for address, inode in sorted(_listening(port, proc))
    ]
    return tuple(each for each in found if not each.holder.startswith(FOR_CONTAINERS))


def _listening(port: int, proc: Path) -> Iterator[tuple[str, str]]:
    """
    Address and inode of each socket that listens on *port*.
    """
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (proc / table).read_text().splitlines()[1:]:
                columns = line.split()
                address, _, number = columns[COLUMN_LOCAL].rpartition(":")
                if int(number, 16) == port and columns[COLUMN_STATE] == TCP_LISTEN:
                    yield _address(address), columns[COLUMN_INODE]


def _address(text: str) -> str:
    """
    The kernel writes an address as words of 32 bits in its own byte order.
    """
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    return str(ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words)))


def _process_of(inodes: set[str], proc: Path) -> str:
    sockets = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.glob("[0-9]*"):
        if sockets and _has_one_of(process, sockets):
            name = "?"
            with suppress(OSError):
                name = (process / "comm").read_text(errors="replace").strip()
            return f"{name} (pid {process.name})"
    return "another process"


def _has_one_of(process: Path, sockets: set[str]) -> bool:
    """
    Processes end while we look, and others' are not ours to read.
    """
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                if str(descriptor.readlink()) in sockets:
                    return True
    return False

"""
Who holds a port of loopback, as the kernel's tables have it.
"""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from pathlib import Path

TCP_LISTEN = "0A"
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
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port, proc)}
    for process in proc.glob("[0-9]*"):
        if sockets and _has_one_of(process, sockets):
            name = "?"
            with suppress(OSError):
                name = (process / "comm").read_text(errors="replace").strip()
            return f"{name} (pid {process.name})"
    return "another process"


def _listening_inodes(port: int, proc: Path) -> set[str]:
    inodes: set[str] = set()
    for table in ("net/tcp", "net/tcp6"):
        with suppress(OSError):
            for line in (proc / table).read_text().splitlines()[1:]:
                columns = line.split()
                local_port = int(columns[COLUMN_LOCAL].rpartition(":")[2], 16)
                if local_port == port and columns[COLUMN_STATE] == TCP_LISTEN:
                    inodes.add(columns[COLUMN_INODE])
    return inodes


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

"""
A server that fails on purpose and counts each time: what a prober must have seen, to the request.

It answers as release ``new``; every third request in a way of its own, in turn.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nX-Release: {release}\r\n\r\n"
EVERY = 3


def respond(
    release: str = "new", status: int = 200, *, length: int = 5, body: str = "hello"
) -> str:
    return HEAD.format(status=status, length=length, release=release) + body


WAYS: dict[str, str] = {
    "status 503": respond(status=503),
    "status 404": respond(status=404),
    "closed: no answer": "",
    "closed: ConnectionResetError": "",
    "cut in the head": "HTTP/1.1 200 OK\r\nConte",
    "cut in the body": respond(length=100),
    "no X-Release": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "body without a length": "HTTP/1.1 200 OK\r\nX-Release: new\r\n\r\nhello",
    "malformed head": "SSH-2.0-OpenSSH_10.0\r\n\r\n",
    "malformed length": "HTTP/1.1 200 OK\r\nContent-Length: many\r\nX-Release: new\r\n\r\n",
    "wrong generation": respond("old"),
}
"""What is sent, by the kind of failure that it is."""
CHUNKED = (
    "HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\nX-Release: new\r\n\r\n"
    "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
)
RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class FailingServer:
    """
    Attributes:
        bodies: Length of each body that came.
        done: How many of each kind were answered; "" for those that were answered well.
    """

    port: int
    bodies: list[int] = field(default_factory=list[int])
    done: Counter[str] = field(default_factory=Counter[str])
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ways: Iterator[str] = field(default_factory=lambda: cycle(WAYS))

    def serve(self, connection: socket.socket) -> None:
        """Answer what comes on *connection* until it ends or has to be cut."""
        with connection, suppress(OSError):
            while (body := read_request(connection)) is not None:
                way = self._next(body)
                well = respond() if self._number % 2 else CHUNKED
                connection.sendall(WAYS.get(way, well).encode())
                if way == "closed: ConnectionResetError":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                if way not in {"", "wrong generation"}:
                    return

    def _next(self, body: bytes) -> str:
        with self._lock:
            self.bodies.append(len(body))
            self._number += 1
            way = "" if self._number % EVERY else next(self._ways)
            self.done[way] += 1
            return way


def read_request(connection: socket.socket) -> bytes | None:
    """Read one request and give its body; ``None`` at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    while len(body) < int(fields.get("Content-Length", "0")):
        body += connection.recv(65536)
    return body


@contextmanager
def failing_server() -> Iterator[FailingServer]:
    """Serve on loopback until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = FailingServer(listener.getsockname()[1])
        accept = threading.Thread(target=_accept, args=(listener, server.serve), daemon=True)
        accept.start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accept.join(timeout=10)


def _accept(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

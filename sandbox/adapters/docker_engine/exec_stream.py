"""
One process inside a container, with a connection of its own that carries both directions.

docker-py reads such a connection without a time limit, and may lose what came along with the
headers; the standard library's client does neither.
"""

from __future__ import annotations

import http.client
import json
import select
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.errors import translate
from sandbox.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sandbox.adapters.docker_engine.connection import Connections

_OK = 200


class ExecStream:
    """
    What a started process writes, and a way to write to it.

    Args:
        body: The engine's answer, which goes on until the process ends.
        channel: The socket behind it.
    """

    def __init__(self, body: http.client.HTTPResponse, channel: socket.socket) -> None:
        self._body = body
        self._channel = channel
        self._deadline = 0.0

    def read(self, amount: int, /) -> bytes:
        """
        Read *amount* bytes, or fewer when the process ends before.

        Raises:
            TimeoutError: The time of `limit` is over.
        """
        data = b""
        while len(data) < amount and (more := self.read_some(amount - len(data))):
            data += more
        return data

    def read_some(self, amount: int) -> bytes:
        """Read what there is, at most *amount* bytes; nothing at the end; errors as `read`."""
        if self._deadline:
            left_s = self._deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self._channel.settimeout(left_s)
        return self._body.read1(amount)

    def limit(self, deadline: float) -> None:
        """Let every read end by *deadline*, a monotonic time in seconds; 0.0 for never."""
        self._deadline = deadline
        self._channel.settimeout(None)

    def send(self, data: bytes) -> None:
        """Write to the standard input of the process."""
        self._channel.sendall(data)

    def is_quiet(self) -> bool:
        """Tell whether there is nothing to read, not even the end."""
        waiting = select.poll()
        waiting.register(self._channel, select.POLLIN)
        return not waiting.poll(0)

    def end_input(self) -> None:
        """Close the standard input of the process."""
        self._channel.shutdown(socket.SHUT_WR)


@contextmanager
def started_exec(
    connections: Connections, exec_id: str, *, tty: bool, timeout_s: float
) -> Generator[ExecStream]:
    """
    Start a process that was created, and stay connected to it.

    Raises:
        EngineError: The engine did not start it, or went away. `TimeoutError` passes.
    """
    doing = "start a command in a container"
    try:
        channel = connections.open_socket(timeout_s)
    except OSError as error:
        raise translate(error, doing, connections.base_url) from error
    try:
        channel.sendall(_request(connections.version(), exec_id, tty=tty))
        # The answer alone, not the library's connection: that one would close the socket as soon
        # as it saw that the answer has no length.
        with http.client.HTTPResponse(channel, method="POST") as body:
            body.begin()
            if body.status != _OK:
                raise EngineError(f"cannot {doing}: {_words(body.read())}")
            yield ExecStream(body, channel)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError):
            raise
        raise translate(OSError(str(error)), doing, connections.base_url) from error
    finally:
        channel.close()


def _request(version: str, exec_id: str, *, tty: bool) -> bytes:
    body = json.dumps({"Detach": False, "Tty": tty})
    lines = (
        f"POST /v{version}/exec/{exec_id}/start HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "",
        body,
    )
    return "\r\n".join(lines).encode()


def _words(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode("utf-8", "replace").strip()

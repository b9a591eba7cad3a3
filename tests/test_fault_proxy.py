"""
Each mode of the fault proxy: what the engine gets, and what the client.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.engine_proxy import EngineProxy
from tests.fault_proxy import MEANINGS, Fault, Mode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ = b"GET /_ping HTTP/1.1\r\n\r\n"
CHANGE = b"POST /v1.41/containers/a/start HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Engine:
    """
    One that answers whatever it gets, and keeps it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.got = b""

    @contextmanager
    def listening(self) -> Iterator[Engine]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.path))
            listener.listen()
            thread = threading.Thread(target=self._serve, args=(listener,), daemon=True)
            thread.start()
            yield self

    def _serve(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                self.got += data
                connection.sendall(ANSWER)


def ask(client: socket.socket, question: bytes) -> bytes | None:
    """
    Give the answer to *question*, ``None`` when none comes in half a second.
    """
    client.sendall(question)
    client.settimeout(0.5)
    try:
        return client.recv(1024)
    except TimeoutError:
        return None
    except ConnectionResetError:
        return b""


WHAT_HAPPENS = {
    Mode.REFUSED: (False, b""),
    Mode.LOST: (True, b""),
    Mode.TRUNCATED: (True, ANSWER[: len(ANSWER) // 2]),
    Mode.SERVER_ERROR: (False, b"HTTP/1.1 500 "),
    Mode.CONFLICT: (False, b"HTTP/1.1 409 "),
    Mode.NOT_FOUND: (False, b"HTTP/1.1 404 "),
    Mode.SLOW: (True, ANSWER),
    Mode.NEVER: (False, None),
}
"""Whether the engine gets the call, and how the answer begins."""


@pytest.mark.parametrize("mode", Mode)
def test_the_second_change_goes_wrong_as_its_mode_says(mode: Mode, tmp_path: Path) -> None:
    fault = Fault(mode=mode, number=2, seconds=0.1)
    engine = Engine(tmp_path / "engine.sock")
    with (
        engine.listening(),
        EngineProxy.listening(tmp_path / "proxy.sock", str(engine.path), fault) as proxy,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        client.connect(str(proxy.path))
        assert ask(client, CHANGE) == ANSWER
        assert ask(client, READ) == ANSWER
        answer = ask(client, CHANGE)
        fault.release()

    is_done, begins = WHAT_HAPPENS[mode]
    assert [request.text for request in fault.hit] == ["POST /containers/a/start"]
    assert engine.got.startswith(CHANGE + READ)
    assert engine.got.count(CHANGE) == 1 + is_done
    assert answer == begins if not begins else answer and answer.startswith(begins)
    assert mode in MEANINGS

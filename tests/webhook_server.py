"""
A server of HTTP on this machine that takes messages, or does not.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override


@dataclass
class Receiver:
    """
    What came, and how to answer.

    Attributes:
        statuses: Of the next answers; 200 when there is none left.
        silent: Do not answer until it is over.
    """

    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    silent: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, count: int, seconds: float = 10.0) -> list[Any]:
        """Wait until so many messages were accepted."""
        until = time.monotonic() + seconds
        while len(self.bodies) < count:
            assert time.monotonic() < until, f"{len(self.bodies)} of {count} messages came"
            time.sleep(0.01)
        return self.bodies


@contextmanager
def receiver() -> Generator[Receiver]:
    """Serve on a free port of loopback, which no proxy stands before."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/json"
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if state.silent:
                state.over.wait(20)
            status = state.statuses.pop(0) if state.statuses else 200
            if status == 200:
                state.bodies.append(json.loads(content))
            self.send_response(status)
            self.send_header("Location", state.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Tests read what they are about."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/hooks/T0P-S3CRET"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                patch.delenv(name, raising=False)
            yield state
    finally:
        state.over.set()
        server.shutdown()
        thread.join()
        server.server_close()

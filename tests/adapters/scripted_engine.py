"""
An HTTP server on a unix socket that answers as a test says: for what a real engine does rarely.
"""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast

from typing_extensions import override

EMPTY: dict[str, Any] = {
    "GET /info": {"ID": "engine-one", "ServerVersion": "1"},
    "GET /containers/json": [],
    "GET /networks": [],
    "GET /volumes": {"Volumes": None},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """
    One answer.

    Attributes:
        body: JSON, or bytes of a stream that then stays open until *hold* is set.
        drop: Close the connection without an answer.
    """

    status: int = 200
    body: Any = None
    hold: threading.Event | None = None
    drop: bool = False


@dataclass(slots=True, kw_only=True)
class ScriptedEngine:
    """
    Attributes:
        replies: What to answer by ``METHOD /path``; of several the last one stays. A call that is
            not in it gets 404.
        requests: ``METHOD /path`` of every request.
        bodies: What was sent, by request; the last one counts.
        versions: Versions of the API that were asked for.
        callers: One for each connection that was used.
    """

    path: Path
    api_version: str = "1.41"
    replies: dict[str, list[Reply]] = field(default_factory=dict[str, list[Reply]])
    requests: list[str] = field(default_factory=list[str])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes])
    versions: set[str] = field(default_factory=set[str])
    callers: set[object] = field(default_factory=set[object])

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    def answer(self, request: str, *replies: Reply) -> None:
        self.replies[request] = list(replies)

    def heard(self, target: str) -> None:
        """Remember the version that *target* begins with; a ping asks for the oldest."""
        version, _, rest = target.removeprefix("/v").partition("/")
        if target.startswith("/v1.") and rest != "_ping":
            self.versions.add(version)

    def reply_to(self, request: str) -> Reply:
        if request == "GET /_ping":
            return Reply(body="OK")
        self.requests.append(request)
        waiting = self.replies.get(request)
        if not waiting:
            return Reply(status=404, body={"message": f"nothing at {request}"})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def scripted_engine(path: Path, *, api_version: str = "1.41") -> Iterator[ScriptedEngine]:
    """Serve at *path* until the block ends; begins as an empty engine."""
    engine = ScriptedEngine(path=path, api_version=api_version)
    for request, body in EMPTY.items():
        engine.answer(request, Reply(body=body))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            engine.callers.add(self)
            target = self.path.partition("?")[0]
            path = "/" + target.split("/", 2)[2] if target.startswith("/v1.") else target
            request = f"{self.command} {path}"
            engine.heard(target)
            engine.bodies[request] = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self._send(engine.reply_to(request))

        do_POST = do_DELETE = do_PUT = do_GET  # noqa: N815 - names that http.server looks for

        def _send(self, reply: Reply) -> None:
            if reply.drop:
                self.close_connection = True
                return
            is_stream = isinstance(reply.body, bytes)
            data = cast("bytes", reply.body) if is_stream else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Api-Version", engine.api_version)
            self.send_header("Content-Type", "application/json")
            if is_stream:
                self.send_header("Connection", "close")
                self.close_connection = True
            else:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()
            if reply.hold is not None:
                reply.hold.wait(timeout=20)

        @override
        def log_message(self, format: str, *args: object) -> None:
            del format, args

        @override
        def address_string(self) -> str:
            return "unix"

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True
        block_on_close = False
        # With a full queue the kernel refuses; an engine's is long.
        request_queue_size = 128

        @override
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away is what is tested."""

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            server.shutdown()
            thread.join(timeout=5)

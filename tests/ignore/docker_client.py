"""What `docker build` sends: the real client talks to a server that only listens."""

from __future__ import annotations

import io
import os
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from typing_extensions import override

BUILD_S = 60


class _Handler(BaseHTTPRequestHandler):
    """Answers a ping, and takes the context of a build."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"OK")

    def do_POST(self) -> None:
        self.server.sent = self._chunks()
        self._answer(b'{"stream":"heard"}\n')

    @override
    def address_string(self) -> str:
        return "client"

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in (
            ("Api-Version", "1.41"),
            ("Ostype", "linux"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(body)
        self.close_connection = True

    def _chunks(self) -> bytes:
        found = bytearray()
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        return bytes(found)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    sent: bytes | None = None


class DockerClient:
    """Asks the client for the files of a context."""

    def __init__(self, server: _Server, address: str, home: Path) -> None:
        self._server = server
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "DOCKER_HOST": address,
            "DOCKER_BUILDKIT": "0",
        }

    def files(self, context: Path, dockerfile: str = "Dockerfile") -> set[str] | None:
        """Give the paths of all files that a build of *context* sends; ``None``: it is refused."""
        self._server.sent = None
        done = subprocess.run(
            ["docker", "build", "--file", context / dockerfile, context],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=BUILD_S,
        )
        sent = self._server.sent
        if done.returncode or sent is None:
            return None
        with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
            return {member.name for member in tar.getmembers() if not member.isdir()}


@contextmanager
def docker_client(folder: Path) -> Iterator[DockerClient]:
    """Give a client whose engine is a socket in *folder*, which has no images and runs nothing."""
    path = folder / "s"
    with _Server(str(path), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield DockerClient(server, f"unix://{path}", folder)
        finally:
            server.shutdown()
            thread.join()

"""
A proxy in front of the real engine's socket that writes down every request: what a test counts.

    with EngineProxy.listening(folder / "engine.sock") as proxy:
        run(DOCKER_HOST=proxy.url)
        assert proxy.mutations() == ()
"""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TypeAlias

ENGINE_SOCKET = "/var/run/docker.sock"
SEND = "SEND"
_CHUNK_BYTES = 64 * 1024
_VERSION = re.compile(r"^/v\d+\.\d+(?=/)")
_EXEC = re.compile(r"^/containers/[^/]+/exec$|^/exec/[^/]+/(start|resize)$")
_HIJACK = re.compile(r"^/exec/[^/]+/start$|^/containers/[^/]+/attach$|^/session$|^/grpc$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    One request: *path* without API version and query.

    What a client says to a command that it runs comes as ``SEND``, with its first line as *query*.
    """

    method: str
    path: str
    query: str = ""

    @property
    def reads(self) -> bool:
        return self.method in {"GET", "HEAD"}

    @property
    def runs_command(self) -> bool:
        """It runs a command inside a container, as a healthcheck does: no change of the engine."""
        return _EXEC.match(self.path) is not None

    @property
    def text(self) -> str:
        return f"{self.method} {self.path}"


def changes(request: Request) -> bool:
    """Tell whether *request* may change the engine; commands inside containers do not count."""
    return not request.reads and not request.runs_command


class Reply(Enum):
    """
    What becomes of the engine's answer to a request.
    """

    WHOLE = "whole"
    LOST = "lost"
    TRUNCATED = "truncated"


class AnsweredError(Exception):
    """
    The proxy answers itself, and the engine never gets the request.

    Args:
        status: Of HTTP, such as ``500``.
    """

    def __init__(self, status: int) -> None:
        body = json.dumps({"message": f"the proxy says {status}"}).encode()
        self.answer = (
            f"HTTP/1.1 {status} Arranged\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode() + body
        super().__init__(self.answer)


class RequestParser:
    """Finds the requests in the bytes that a client sends over one connection."""

    def __init__(self) -> None:
        self._buffer = b""
        self._step: Callable[[], bool] = self._read_head
        self._found: list[Request] = []
        self._left = 0
        self._path = ""
        self._hijacks = False
        self._body = b""

    def feed(self, data: bytes) -> list[Request]:
        """Give the requests whose head ended within *data*."""
        self._buffer += data
        while self._step():
            pass
        found, self._found = self._found, []
        return found

    def _read_head(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._buffer = rest
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ", 2)
        path, _, query = target.partition("?")
        request = Request(method=method, path=_VERSION.sub("", path), query=query)
        self._found.append(request)
        self._path = request.path
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (text.partition(":") for text in fields)
        }
        self._hijacks = _HIJACK.match(request.path) is not None or "upgrade" in headers
        self._body = b""
        self._left = int(headers.get("content-length", "0"))
        chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._step = self._read_chunk_size if chunked else self._read_body
        return True

    def _read_body(self) -> bool:
        taken, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self._left -= len(taken)
        if self._hijacks:
            self._body += taken
        if self._left:
            return False
        return self._end_request()

    def _read_chunk_size(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        self._left = int(line.split(b";")[0], 16)
        self._step = self._read_chunk if self._left else self._read_trailer
        # The newline after the data belongs to the chunk.
        self._left += 2
        return True

    def _read_chunk(self) -> bool:
        taken, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        self._left -= len(taken)
        if self._left:
            return False
        self._step = self._read_chunk_size
        return True

    def _read_trailer(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        return True if line else self._end_request()

    def _end_request(self) -> bool:
        is_stream = self._hijacks and not _is_detached(self._body)
        self._step = self._hear if is_stream else self._read_head
        return bool(self._buffer)

    def _hear(self) -> bool:
        if self._buffer:
            line = self._buffer.partition(b"\n")[0].decode(errors="replace")
            self._found.append(Request(method=SEND, path=self._path, query=line))
        self._buffer = b""
        return False


def _is_detached(body: bytes) -> bool:
    try:
        return bool(json.loads(body)["Detach"])
    except (ValueError, KeyError, TypeError):
        return False


Before: TypeAlias = Callable[[Request], Reply | None]


@dataclass(slots=True, kw_only=True)
class EngineProxy:
    """
    Forwards a socket of its own to the engine's, byte by byte.

    Attributes:
        path: Socket that it listens on.
        engine: Socket of the engine.
        before: Called with each request before the engine gets it, from the thread of its
            connection; a test kills or waits here, says what becomes of the answer, or raises
            `AnsweredError`, or `OSError` to cut the connection.
    """

    path: Path
    engine: str = ENGINE_SOCKET
    before: Before | None = None
    _requests: list[Request] = field(default_factory=list[Request])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[socket.socket] = field(default_factory=set[socket.socket])
    _closing: bool = False

    @property
    def url(self) -> str:
        """What to give as ``DOCKER_HOST``."""
        return f"unix://{self.path}"

    def requests(self) -> tuple[Request, ...]:
        """Every request so far, in the order in which they came."""
        with self._lock:
            return tuple(self._requests)

    def mutations(self) -> tuple[Request, ...]:
        """Those that may change the engine."""
        return tuple(filter(changes, self.requests()))

    def commands(self) -> tuple[Request, ...]:
        """Those that run a command inside a container."""
        return tuple(request for request in self.requests() if request.runs_command)

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._requests.clear()

    def sever(self) -> None:
        """Cut every connection that is open, as an engine that is killed would."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @classmethod
    @contextmanager
    def listening(
        cls,
        path: Path,
        engine: str = ENGINE_SOCKET,
        before: Before | None = None,
    ) -> Iterator["EngineProxy"]:
        """Listen at *path* until the block ends."""
        proxy = cls(path=path, engine=engine, before=before)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen(64)
            thread = threading.Thread(target=proxy._accept, args=(listener,), daemon=True)
            thread.start()
            try:
                yield proxy
            finally:
                proxy._closing = True
                listener.shutdown(socket.SHUT_RDWR)
                proxy.sever()
                thread.join(timeout=5)

    def _accept(self, listener: socket.socket) -> None:
        threads: list[threading.Thread] = []
        while not self._closing:
            try:
                client, _ = listener.accept()
            except OSError:
                break
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            thread.start()
            threads = [one for one in threads if one.is_alive()] + [thread]
        for thread in threads:
            thread.join(timeout=5)

    def _serve(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            try:
                engine.connect(self.engine)
            except OSError:
                return
            with self._lock:
                self._open |= {client, engine}
            link = _Link(proxy=self, client=client)
            back = threading.Thread(target=_pump, args=(engine, client, link.answer), daemon=True)
            back.start()
            _pump(client, engine, link.ask)
            back.join()
            with self._lock:
                self._open -= {client, engine}

    def take(self, request: Request) -> Reply:
        """Write *request* down, and say what becomes of its answer."""
        with self._lock:
            self._requests.append(request)
        return (self.before and self.before(request)) or Reply.WHOLE


@dataclass(slots=True, kw_only=True)
class _Link:
    """One connection of a client through the proxy."""

    proxy: EngineProxy
    client: socket.socket
    parser: RequestParser = field(default_factory=RequestParser)
    reply: Reply = Reply.WHOLE

    def ask(self, data: bytes) -> bytes:
        """Give what the engine gets."""
        for request in self.parser.feed(data):
            try:
                self.reply = self.proxy.take(request)
            except AnsweredError as answered:
                self.client.sendall(answered.answer)
                raise ConnectionAbortedError from answered
        return data

    def answer(self, data: bytes) -> bytes:
        """Give what the client gets."""
        if self.reply is Reply.TRUNCATED:
            self.client.sendall(data[: len(data) // 2])
        if self.reply is not Reply.WHOLE:
            raise ConnectionAbortedError
        return data


def _pump(source: socket.socket, target: socket.socket, passed: Callable[[bytes], bytes]) -> None:
    """Copy bytes in one direction until either side ends; a half-close is passed on."""
    try:
        while data := source.recv(_CHUNK_BYTES):
            target.sendall(passed(data))
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

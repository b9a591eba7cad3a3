"""
The controller's ear: HTTP on a Unix socket that only its owner can open.

::

    GET  /v1/about                       {"pid", "version", "settings"}
    GET  /v1/status?environment=a&...    {"statuses": [...]}
    POST /v1/up      {"environments"}    {}
    POST /v1/stop    {}                  {}
    POST /v1/sync    {"environment", "rerun"}  stream, ends with {"record"}
    POST /v1/down    {..., "volumes"}    stream, ends with {"record"}
    GET  /v1/events?after=N              stream, ends with {"end"}
    POST /v1/command {"words", "top", "version", "environment", "streams"}
                                         stream of {"stdout"} and {"stderr"}, ends with {"status"}

A stream is JSON lines: ``{"event", "number"}`` for what happens, ``{"beat"}`` every second, so that
either end notices when the other is gone. A failure is ``{"error"}`` in place of the result.
"""

from __future__ import annotations

import os
import shlex
import socket
import socketserver
import struct
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import parse_qs, urlsplit

from sandbox import __version__
from sandbox.adapters import wire
from sandbox.errors import SandboxError, SetupError, UsageError
from sandbox.override import override
from sandbox.planning.machine_settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Self

    from sandbox.model.event import Event
    from sandbox.model.record import SyncRecord
    from sandbox.ports import Control

    Answer = Callable[[Mapping[str, wire.Json], Callable[[str, str], None]], int | None]

_BODY_LIMIT_BYTES = 65536
_BEAT_S = 1.0
_WATCH_S = 1.0
_PATH_LIMIT_BYTES = 100
_GONE = (BrokenPipeError, ConnectionError, TimeoutError, ValueError)


@contextmanager
def serve(
    control: Control,
    socket_path: str,
    is_alone: Callable[[], bool] = lambda: True,
    answer: Answer = lambda _question, _say: None,
) -> Generator[None]:
    """
    Answer on *socket_path* in threads of our own, until the context ends.

    The caller holds the repository's lock, so a socket that is there already is a leftover. One
    that is deleted or replaced is made anew within a second.

    Args:
        is_alone: Whether the caller still holds the lock; if not, the controller is ended.
        answer: Carries out a command for another process: takes the question, and a function that
            writes to a stream of it; gives the exit status, ``None`` to decline.

    Raises:
        SetupError: The socket cannot be made.
    """
    door = _Door(Path(socket_path), control, answer)
    try:
        door.open()
    except OSError as error:
        raise SetupError(
            f"no control socket at {socket_path}: {error.strerror}",
            remedy=f"remove what is there: rm -r {shlex.quote(socket_path)}",
        ) from error
    answering = threading.Thread(target=door.run, args=(is_alone,), name="control", daemon=True)
    answering.start()
    try:
        yield
    finally:
        door.end()
        answering.join()
        door.close()


class _Door:
    """
    The socket of one controller, and the server behind it.
    """

    def __init__(self, path: Path, control: Control, answer: Answer) -> None:
        self.closing = threading.Event()
        self._path = path
        self._control = control
        self._answer = answer
        self._server: _Server | None = None
        self._made: tuple[int, ...] | None = None

    def open(self) -> None:
        """
        Make the socket and answer on it; conversations on an earlier one go on.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.parent.chmod(0o700)
        self._path.unlink(missing_ok=True)
        before, self._server = self._server, _bind(self._path, self._server_at)
        self._made = self._there()
        if before:
            before.server_close()

    def _server_at(self, address: str) -> _Server:
        return _Server(address, self._control, self.closing, self._answer)

    def run(self, is_alone: Callable[[], bool]) -> None:
        """
        Answer; open it again whenever the socket is gone or another file is in its place.
        """
        while self._server and not self.closing.is_set():
            self._server.handle_request()
            if self._there() == self._made:
                continue
            if not is_alone():
                self._control.stop()
                return
            with suppress(OSError):  # such as a full disk: the next look tries again
                self.open()

    def end(self) -> None:
        """
        Have `run` return, at once unless the socket is gone.
        """
        self.closing.set()
        with suppress(OSError), socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(self._path))

    def close(self) -> None:
        """
        Answer no more, and remove the socket if it is ours.
        """
        if self._server:
            self._server.server_close()
        if self._there() == self._made:
            self._path.unlink(missing_ok=True)

    def _there(self) -> tuple[int, ...] | None:
        """
        What tells the socket from any other file of its name; the time, as numbers are used again.
        """
        with suppress(OSError):
            about = self._path.lstat()
            return about.st_dev, about.st_ino, about.st_ctime_ns
        return None


def _bind(path: Path, server_at: Callable[[str], _Server]) -> _Server:
    """
    Bind; the kernel takes 107 bytes of path, so a longer one goes by way of its open folder.
    """
    if len(os.fsencode(path)) <= _PATH_LIMIT_BYTES:
        server = server_at(str(path))
    else:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            server = server_at(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
    path.chmod(0o600)
    return server


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64
    timeout: float | None = _WATCH_S

    def __init__(
        self, address: str, control: Control, closing: threading.Event, answer: Answer
    ) -> None:
        self.control = control
        self.closing = closing
        self.answer = answer
        self.settings: dict[str, wire.Json] = {**settings_of(os.environ)}
        super().__init__(address, _Request)

    @override
    def verify_request(self, request: object, client_address: object) -> bool:
        """
        Only this user and root are heard, whatever the permissions of the socket became.
        """
        if not hasattr(socket, "SO_PEERCRED"):
            return True
        size = struct.calcsize("3i")
        credentials = cast("socket.socket", request).getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, size
        )
        _, user, _ = struct.unpack("3i", credentials)
        return user in {0, os.getuid()}

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """
        A client that left is nothing to print about.
        """


class _Request(BaseHTTPRequestHandler):
    """
    One connection. *timeout* bounds every read and write, so that a stuck client frees its thread.
    """

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    timeout: ClassVar[float | None] = 20.0  # pyright: ignore[reportIncompatibleVariableOverride] # as documented
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] # only ours serves it

    def do_GET(self) -> None:
        """
        Answer a question.
        """
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        control = self.server.control
        if url.path == "/v1/about":
            settings = self.server.settings
            self._answer(lambda: {"pid": os.getpid(), "version": __version__, "settings": settings})
        elif url.path == "/v1/status":
            names = query.get("environment", [])
            self._answer(lambda: {"statuses": wire.encode(control.status(names))})
        elif url.path == "/v1/events":
            self._stream(lambda stream: self._follow(stream, int(query.get("after", ["0"])[0])))
        else:
            self._reply(HTTPStatus.NOT_FOUND, {"error": wire.encode_error(_unknown(url.path))})

    def do_POST(self) -> None:
        """
        Do something.
        """
        control = self.server.control
        try:
            body = self._body()
        except SandboxError as error:
            self.close_connection = True
            self._reply(HTTPStatus.BAD_REQUEST, {"error": wire.encode_error(error)})
            return
        name = str(body.get("environment", ""))
        match self.path:
            case "/v1/up":
                names = wire.decode(tuple[str, ...], body.get("environments", []))
                self._answer(partial(_done, partial(control.up, names)))
            case "/v1/stop":
                self._answer(partial(_done, control.stop))
            case "/v1/sync":
                rerun = body.get("rerun") is True
                self._stream(lambda stream: _record(control.sync(name, stream.event, rerun=rerun)))
            case "/v1/down":
                volumes = body.get("volumes") is True
                self._stream(
                    lambda stream: _record(
                        control.down(name, volumes=volumes, on_event=stream.event)
                    )
                )
            case "/v1/command":
                self._stream(partial(self._carry_out, body))
            case _:
                self._reply(HTTPStatus.NOT_FOUND, {"error": wire.encode_error(_unknown(self.path))})

    def _body(self) -> Mapping[str, wire.Json]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _BODY_LIMIT_BYTES:
            raise UsageError(f"a body with Content-Length {length} is not accepted")
        return wire.from_line(self.rfile.read(int(length)) or b"{}")

    def _answer(self, work: Callable[[], wire.Json]) -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the client shall know
            self._reply(HTTPStatus.CONFLICT, {"error": wire.encode_error(error)})
        else:
            self._reply(HTTPStatus.OK, result)

    def _reply(self, status: HTTPStatus, data: wire.Json) -> None:
        body = wire.to_line(data)
        with suppress(*_GONE):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _stream(self, work: Callable[[_Stream], wire.Json]) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with _Stream(self.wfile.write) as stream:
            try:
                last = work(stream)
            except Exception as error:  # noqa: BLE001 - whatever it is, the client shall know
                last = {"error": wire.encode_error(error)}
            stream.send(last)
        self.close_connection = stream.gone.is_set()

    def _carry_out(self, question: Mapping[str, wire.Json], stream: _Stream) -> wire.Json:
        status = self.server.answer(question, lambda name, text: stream.send({name: text}))
        return {"declined": True} if status is None else {"status": status}

    def _follow(self, stream: _Stream, after: int) -> wire.Json:
        def stop() -> bool:
            return stream.gone.is_set() or self.server.closing.is_set()

        for number, event in self.server.control.events(after=after, stop=stop):
            stream.event(event, number)
        return {"end": True}

    @override
    def log_message(self, format: str, *args: object) -> None:
        """
        Requests are not logged: what they do is in the journal.
        """


class _Stream:
    """
    Lines to one client from several threads; *gone* is set once it stopped reading.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.gone = threading.Event()
        self._write = write
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._beats, name="beat", daemon=True)

    def __enter__(self) -> Self:
        self._beat.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._beat.join()
        self._chunk(b"")

    def event(self, event: Event, number: int = 0) -> None:
        """
        Pass on what happened. A client that left does not disturb the work.
        """
        self.send({"number": number, "event": wire.encode(event)})

    def send(self, data: wire.Json) -> None:
        """
        Send one line.
        """
        self._chunk(wire.to_line(data))

    def _beats(self) -> None:
        while not self._ended.wait(_BEAT_S) and not self.gone.is_set():
            self.send({"beat": True})

    def _chunk(self, data: bytes) -> None:
        if self.gone.is_set():
            return
        with self._lock:
            try:
                self._write(b"%x\r\n%b\r\n" % (len(data), data))
            except _GONE:
                self.gone.set()


def _unknown(path: str) -> SandboxError:
    return UsageError(f"the controller knows no {path}")


def _done(work: Callable[[], object]) -> wire.Json:
    work()
    return {}


def _record(record: SyncRecord) -> wire.Json:
    return {"record": wire.encode(record)}

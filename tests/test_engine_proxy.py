import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sandbox.adapters.docker_engine import DockerEngine
from tests.engine_proxy import SEND, EngineProxy, Request, RequestParser

KEPT_ALIVE = (
    b"GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n"
    b"POST /v1.41/containers/create?name=a HTTP/1.1\r\nContent-Length: 21\r\n\r\n"
    b'{"x":"GET / HTTP/1"}\n'
    b"PUT /v1.41/containers/a/archive?path=%2F HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4;x=y\r\nGET \r\n2\r\n\r\n\r\n0\r\nTrailer: 1\r\n\r\n"
    b"DELETE /v1.41/networks/b HTTP/1.1\r\n\r\n"
)
FOUND = [
    Request(method="GET", path="/_ping"),
    Request(method="POST", path="/containers/create", query="name=a"),
    Request(method="PUT", path="/containers/a/archive", query="path=%2F"),
    Request(method="DELETE", path="/networks/b"),
]


@pytest.mark.parametrize("piece", [1, 7, len(KEPT_ALIVE)])
def test_requests_of_a_kept_connection_are_found_wherever_the_bytes_are_cut(piece: int) -> None:
    parser = RequestParser()
    found: list[Request] = []
    for start in range(0, len(KEPT_ALIVE), piece):
        found += parser.feed(KEPT_ALIVE[start : start + piece])
    assert found == FOUND


def test_what_is_said_on_a_hijacked_connection_is_not_taken_for_a_request() -> None:
    parser = RequestParser()
    found = parser.feed(
        b"POST /v1.41/exec/abc/start HTTP/1.1\r\nContent-Length: 30\r\n\r\n"
        b'{"Detach": false, "Tty": true}DELETE /containers/x HTTP/1.1\r\n\r\n'
    )
    assert found == [
        Request(method="POST", path="/exec/abc/start"),
        Request(method=SEND, path="/exec/abc/start", query="DELETE /containers/x HTTP/1.1\r"),
    ]
    assert all(request.runs_command for request in found)
    assert [each.method for each in parser.feed(b"DELETE /containers/x HTTP/1.1\r\n\r\n")] == [SEND]


def test_a_detached_command_leaves_the_connection_for_further_requests() -> None:
    found = RequestParser().feed(
        b'POST /v1.41/exec/abc/start HTTP/1.1\r\nContent-Length: 16\r\n\r\n{"Detach": true}'
        b"GET /info HTTP/1.1\r\n\r\n"
    )
    assert [request.text for request in found] == ["POST /exec/abc/start", "GET /info"]


@contextmanager
def echo(path: Path) -> Iterator[None]:
    """An engine that sends back what it gets."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data)

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield
        thread.join(timeout=5)


def test_bytes_pass_unchanged_in_both_directions_and_a_half_close_is_passed_on(
    tmp_path: Path,
) -> None:
    sent = KEPT_ALIVE + bytes(range(256))
    with (
        echo(tmp_path / "engine.sock"),
        EngineProxy.listening(tmp_path / "proxy.sock", str(tmp_path / "engine.sock")) as proxy,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        client.connect(str(proxy.path))
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(1024):
            received += data
    assert received == sent


def test_mutations_are_told_from_reads_and_from_commands_inside_containers(tmp_path: Path) -> None:
    requests = (
        KEPT_ALIVE
        + b"POST /v1.41/containers/a/exec HTTP/1.1\r\n\r\n"
        + b"HEAD /_ping HTTP/1.1\r\n\r\n"
        + b"POST /v1.41/exec/b/resize?h=1 HTTP/1.1\r\n\r\n"
    )
    with (
        echo(tmp_path / "engine.sock"),
        EngineProxy.listening(tmp_path / "proxy.sock", str(tmp_path / "engine.sock")) as proxy,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        client.connect(str(proxy.path))
        client.sendall(requests)
        client.shutdown(socket.SHUT_WR)
        while client.recv(1024):
            pass
        mutations = [request.text for request in proxy.mutations()]
        commands = [request.text for request in proxy.commands()]
        proxy.forget()
        assert proxy.requests() == ()
    assert mutations == [
        "POST /containers/create",
        "PUT /containers/a/archive",
        "DELETE /networks/b",
    ]
    assert commands == ["POST /containers/a/exec", "POST /exec/b/resize"]


@pytest.mark.engine
def test_the_engine_is_reached_through_the_proxy_and_every_request_is_seen(tmp_path: Path) -> None:
    seen: list[Request] = []
    with (
        EngineProxy.listening(tmp_path / "proxy.sock", before=seen.append) as proxy,
        closing(DockerEngine()) as direct,
        closing(DockerEngine(proxy.url)) as engine,
    ):
        assert engine.info() == direct.info()
        assert [request.text for request in proxy.requests()] == ["GET /_ping", "GET /info"]
        assert proxy.requests() == tuple(seen)
        assert proxy.mutations() == ()

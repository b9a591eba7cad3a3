"""
Visitors, at a real server that fails on purpose.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from typing_extensions import override

from sandbox.adapters.system_clock import SystemClock
from sandbox.cli.visitors import Visitors
from tests.playground import free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.lab import Visit

ENOUGH = 10


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("X-Shop-Release", "abc")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class ClosedShop(Shop):
    status = 503


class HastyShop(Shop):
    """Closes each connection with the second request on it, without an answer."""

    answered = 0

    @override
    def do_GET(self) -> None:
        self.close_connection = bool(self.answered)
        if not self.answered:
            super().do_GET()
        self.answered += 1


class MuteShop(Shop):
    @override
    def do_GET(self) -> None:
        self.close_connection = True


@contextmanager
def serving(shop: type[Shop]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), shop) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def visits_of(address: str) -> tuple[list[Visit], Visitors]:
    visits: list[Visit] = []
    visitors = Visitors(
        address=address,
        clock=SystemClock(),
        environment="staging",
        visitors=2,
        pause_s=0.01,
        note=visits.append,
    )
    with visitors:
        until(lambda: len(visits) >= ENOUGH, "some visits", seconds=10.0)
    return visits, visitors


def test_a_visit_tells_when_it_was_where_it_was_and_which_release_answered() -> None:
    began = SystemClock().now()
    with serving(Shop) as address:
        visits, visitors = visits_of(address)
    assert {(each.environment, each.release, each.failure) for each in visits} == {
        ("staging", "abc", "")
    }
    assert all(began <= each.at <= SystemClock().now() and each.seconds >= 0 for each in visits)
    assert (visitors.served, visitors.failed) == (len(visits), 0)


def test_an_answer_that_is_no_page_is_a_failure_with_its_status() -> None:
    with serving(ClosedShop) as address:
        visits, visitors = visits_of(address)
    assert {each.failure for each in visits} == {"status 503"}
    assert (visitors.served, visitors.failed) == (0, len(visits))


def test_nobody_there_is_a_failure_that_no_release_answered() -> None:
    visits, visitors = visits_of(f"http://127.0.0.1:{free_port()}")
    assert {(each.release, each.failure) for each in visits} == {("", "ConnectionRefusedError")}
    assert visitors.served == 0


def test_a_kept_connection_that_is_closed_without_an_answer_is_no_failure() -> None:
    with serving(HastyShop) as address:
        visits, visitors = visits_of(address)
    assert {(each.release, each.failure) for each in visits} == {("abc", "")}
    assert visitors.failed == 0


def test_a_new_connection_that_is_closed_without_an_answer_is_a_failure() -> None:
    with serving(MuteShop) as address:
        visits, visitors = visits_of(address)
    assert {each.failure for each in visits} == {"RemoteDisconnected"}
    assert visitors.served == 0

"""
HAProxy in a container, with a load on it and with faults in it.
"""

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import pytest

from sandbox.adapters.haproxy import HaproxyIngress
from sandbox.adapters.haproxy.console import Talk, open_console
from sandbox.errors import IngressError
from sandbox.model.ingress import Backend, IngressConfig, Listener, RouteMode, Server
from sandbox.planning.haproxy import config_hash
from tests.engine_world import wait_until
from tests.ingress_world import (
    DEAD_PORT,
    HTTP,
    TCP,
    RealIngress,
    is_told,
    real_ingress,
)
from tests.keep_alive_load import load

pytestmark = pytest.mark.engine

TOLD_S = 5.0
"""Seconds in which a process that ended has to end its container."""


@pytest.fixture(scope="module")
def shared() -> Iterator[RealIngress]:
    with real_ingress() as place:
        yield place


@pytest.fixture
def world(shared: RealIngress) -> RealIngress:
    shared.apply(IngressConfig())
    return shared


@pytest.fixture
def own() -> Iterator[RealIngress]:
    """Give an ingress that may be broken."""
    with real_ingress() as place:
        yield place


def with_tcp(config: IngressConfig, *servers: Server) -> IngressConfig:
    return replace(
        config,
        listeners=(*config.listeners, Listener(port=TCP, mode=RouteMode.TCP, backend="db-5432")),
        backends=(
            Backend(name="db-5432", service_name="db", mode=RouteMode.TCP, servers=servers),
            *config.backends,
        ),
    )


# under load


@pytest.mark.long  # the simulation counts what an ingress misleads
def test_fifty_switches_and_reloads_between_lose_and_mislead_no_request(world: RealIngress) -> None:
    world.apply(world.config(world.server("a")))
    names = [("a", "b", "c", "d")[turn % 4] for turn in range(1, 51)]
    with load(world.client.address, HTTP, "a") as traffic:
        for turn, name in enumerate(names):
            config = world.config(world.server(name))
            if turn % 5 == 4:
                # Another listener: a reload, in which idle connections stay with the old worker.
                config = with_tcp(config)
            traffic.switching(frozenset({name}))
            world.apply(config)
            traffic.switched(frozenset({name}))
    assert traffic.failures == []
    assert traffic.answered > 300
    assert world.counters("").failed == 0


def test_every_request_under_load_is_counted_once(world: RealIngress) -> None:
    servers = [world.server("a", 90), world.server("b", 10)]
    world.apply(world.config(*servers))
    before = [world.counters(name) for name in ("a", "b")]
    with load(world.client.address, HTTP, "a", "b") as traffic:
        time.sleep(1.0)
        world.apply(with_tcp(world.config(*servers)))
        time.sleep(0.5)
        world.apply(world.config(*servers))
        time.sleep(0.5)
    assert traffic.failures == []
    after = [world.counters(name) for name in ("a", "b")]
    counts = [new.requests - old.requests for new, old in zip(after, before, strict=True)]
    assert sum(counts) == traffic.answered
    assert 0.05 < counts[1] / sum(counts) < 0.15


# what goes on for long


def test_a_request_of_two_seconds_ends_well_while_its_server_goes(world: RealIngress) -> None:
    world.apply(world.config(world.server("a")))
    with world.under_way(2000) as replies:
        world.apply(world.config(world.server("a", 0), world.server("b")))
        world.apply(world.config(world.server("b")))
        world.apply(with_tcp(world.config(world.server("b"))))
        assert world.drain("a") == 0
    assert [(reply.status, reply.server) for reply in replies] == [(200, "a")]


def test_a_stream_of_events_goes_on_past_the_drain_and_past_a_reload(world: RealIngress) -> None:
    world.apply(replace(world.config(world.server("a")), max_response_s=1.0))
    with stream(world, "/stream/200") as events:
        assert next(events) == b"data: a"
        world.apply(replace(world.config(world.server("b")), max_response_s=1.0))
        wait_until(lambda: world.drain("a", timeout_s=0.5) == 1, "the stream alone to be left")
        world.apply(with_tcp(world.config(world.server("b"))))
        # Longer than the service may be silent: the client is, all the time.
        assert [next(events) for _ in range(10)] == [b"data: a"] * 10
    wait_until(lambda: world.drain("a", timeout_s=0.0) == 0, "the stream to be gone")


def test_a_websocket_lives_in_silence_and_through_a_reload(world: RealIngress) -> None:
    config = replace(world.config(world.server("a")), max_response_s=0.5)
    world.apply(config)
    with closing(world.client.connect(HTTP)) as connection:
        lines = connection.makefile("rb")
        connection.sendall(
            b"GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert lines.readline().startswith(b"HTTP/1.1 101")
        while lines.readline().strip():
            pass
        world.apply(with_tcp(config))
        time.sleep(1.0)
        connection.sendall(b"hello\n")
        assert lines.readline() == b"a hello\n"


def test_a_tcp_connection_stays_with_its_server_through_switch_and_reload(
    world: RealIngress,
) -> None:
    world.apply(with_tcp(world.config(), world.server("a")))
    with closing(world.client.connect(TCP)) as connection:
        connection.sendall(b"GET /upgrade HTTP/1.1\r\n\r\n")
        lines = connection.makefile("rb")
        while lines.readline().strip():
            pass
        world.apply(with_tcp(world.config(), world.server("b")))
        world.apply(with_tcp(world.config(world.server("c")), world.server("b")))
        connection.sendall(b"one\n")
        assert lines.readline() == b"a one\n"
        open_now = world.ingress.drain(world.container_id, ["a"], 0.1, lambda: False)
        assert open_now == 1
    assert world.get(port=TCP).server == "b"
    assert world.counters("b", "db-5432").requests == 1


@contextmanager
def stream(world: RealIngress, path: str) -> Iterator[Iterator[bytes]]:
    """Listen to events for the length of the block."""
    connection = http.client.HTTPConnection(world.client.address, HTTP, timeout=5)
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        with closing(answer):
            yield (line.strip() for line in iter(answer.readline, b"") if line.strip())


# what a request meets


def test_only_the_ingress_says_where_a_request_comes_from(world: RealIngress) -> None:
    world.apply(world.config(world.server("a")))
    seen = world.client.get(
        "/",
        host="Shop:8099",
        Forwarded="for=6.6.6.6",
        X_Forwarded_For="6.6.6.6",
        X_Forwarded_Prefix="/x",
        X_Real_IP="6.6.6.6",
    ).lines
    assert not [line for line in seen if "6.6.6.6" in line or "prefix" in line]
    assert "x-forwarded-proto: http" in seen
    assert "x-forwarded-host: shop:8099" in seen
    assert "x-forwarded-port: 8099" in seen
    assert "x-forwarded-port: 80" in world.get(host="shop").lines
    [address] = [line.partition(": ")[2] for line in seen if line.startswith("x-forwarded-for")]
    assert f"forwarded: for={address};proto=http" in seen


def test_what_our_own_edge_says_is_kept(world: RealIngress) -> None:
    config = world.config(world.server("a"))
    [listener] = config.listeners
    world.apply(replace(config, listeners=(replace(listener, trusted=True),)))
    seen = world.client.get("/", X_Forwarded_For="9.9.9.9", X_Forwarded_Proto="https").lines
    assert {"x-forwarded-for: 9.9.9.9", "x-forwarded-proto: https"} <= set(seen)
    assert not [line for line in seen if line.startswith("x-forwarded-port")]


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(world: RealIngress) -> None:
    world.apply(replace(world.config(world.server("a")), max_body_bytes=1000))
    before = world.counters("a").requests
    with closing(http.client.HTTPConnection(world.client.address, HTTP, timeout=5)) as connection:
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", "1001")
        connection.endheaders()
        assert connection.getresponse().status == 413
    with closing(http.client.HTTPConnection(world.client.address, HTTP, timeout=5)) as connection:
        connection.request("POST", "/", b"x" * 1000)
        assert connection.getresponse().status == 200
    assert world.counters("a").requests - before == 1


def test_a_head_that_comes_too_slowly_is_refused(world: RealIngress) -> None:
    world.apply(replace(world.config(world.server("a")), max_request_s=0.5))
    with closing(world.client.connect(HTTP)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost")
        began = time.monotonic()
        assert connection.recv(100).startswith(b"HTTP/1.1 408")
        assert 0.3 < time.monotonic() - began < 10


def test_a_service_that_is_silent_for_too_long_has_failed(world: RealIngress) -> None:
    world.apply(replace(world.config(world.server("a")), max_response_s=0.5))
    before = world.counters("a")
    assert world.get("/slow/3000").status == 504
    after = world.counters("a")
    assert (after.requests - before.requests, after.failed - before.failed) == (1, 1)


@pytest.mark.parametrize("path", ["/drop", "/half"])
def test_what_reached_a_server_is_never_repeated(world: RealIngress, path: str) -> None:
    world.apply(world.config(world.server("a"), world.server("b")))
    before = [world.counters(name) for name in ("a", "b")]
    with closing(world.client.connect(HTTP)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while connection.recv(1000):
            pass
    after = [world.counters(name) for name in ("a", "b")]
    changes = [
        (new.requests - old.requests, new.failed - old.failed)
        for new, old in zip(after, before, strict=True)
    ]
    assert sorted(changes) == [(0, 0), (1, 1)]


def test_a_server_that_hangs_up_on_a_connection_that_was_used_has_failed(
    world: RealIngress,
) -> None:
    world.apply(world.config(world.server("c")))
    before = world.counters("c")
    with closing(http.client.HTTPConnection(world.client.address, HTTP, timeout=5)) as connection:
        for _ in range(3):
            connection.request("GET", "/")
            assert connection.getresponse().read().startswith(b"c")
        connection.request("GET", "/drop")
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    after = world.counters("c")
    assert (after.requests - before.requests, after.failed - before.failed) == (4, 1)


def test_a_server_that_cannot_be_reached_costs_no_request_while_there_is_another(
    world: RealIngress,
) -> None:
    world.apply(world.config(replace(world.server("a"), port=DEAD_PORT), world.server("b")))
    assert world.shares(20) == {"b": 20}


def test_a_request_that_reached_nobody_has_failed(world: RealIngress) -> None:
    world.apply(world.config(replace(world.server("d"), port=DEAD_PORT)))
    before = world.counters("d")
    reply = world.get()
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    after = world.counters("d")
    assert (after.requests - before.requests, after.failed - before.failed) == (1, 1)


def test_latencies_are_the_milliseconds_that_servers_took(world: RealIngress) -> None:
    world.apply(world.config(world.server("a")))
    before = world.counters("a").latencies_ms
    for milliseconds in (30, 30, 120):
        world.get(f"/slow/{milliseconds}")
    after = world.counters("a").latencies_ms
    new = sorted(at for at, count in after.items() for _ in range(count - before.get(at, 0)))
    assert len(new) == 3
    assert 29 <= new[0] <= new[1] < 110
    assert 119 <= new[2] < 300


def test_it_listens_on_low_ports_without_any_capability(world: RealIngress) -> None:
    config = world.config(world.server("a"))
    [listener] = config.listeners
    world.apply(replace(config, listeners=(replace(listener, port=80),)))
    assert world.get(port=80).server == "a"
    said = world.run("cat /proc/self/status; id -u")
    assert "CapPrm:\t0000000000000000" in said
    assert "NoNewPrivs:\t1" in said
    assert said.split()[-1] != "0"


# faults


@dataclass(frozen=True, slots=True)
class Dying:
    """A console that goes away after some orders, as its user was killed."""

    talk: Talk
    orders: list[bytes]
    most: int

    def send(self, data: bytes) -> None:
        if len(self.orders) >= self.most:
            raise KeyboardInterrupt
        self.orders.append(data)
        self.talk.send(data)

    def receive(self) -> bytes:
        return self.talk.receive()

    def is_quiet(self) -> bool:
        return self.talk.is_quiet()


def killed_after(world: RealIngress, orders: int, config: IngressConfig) -> bool:
    """Apply *config*, and be killed after that many orders; tell whether it came to that."""

    @contextmanager
    def converse(container_id: str, command: Sequence[str], silence_s: float) -> Iterator[Talk]:
        with world.engine.converse(container_id, command, silence_s) as talk:
            yield Dying(talk, [], orders)

    try:
        HaproxyIngress(converse).apply(world.container_id, config)
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.parametrize(
    ("goes_back", "reloads"),
    [
        (True, True),
        *(
            pytest.param(*each, marks=pytest.mark.long)
            for each in [(False, False), (False, True), (True, False)]
        ),
    ],
)
def test_whoever_is_killed_between_two_orders_leaves_what_the_next_one_mends(
    world: RealIngress, goes_back: bool, reloads: bool
) -> None:
    old = world.config(world.server("a"), world.server("b", 50))
    new = world.config(world.server("b"), world.server("c", 10))
    new = with_tcp(new) if reloads else new
    orders = 0
    world.apply(old)
    while killed_after(world, orders, new):
        told = world.report().config_hash
        assert told in {"", config_hash(old), config_hash(new)}
        wanted = old if goes_back else new
        world.apply(wanted)
        assert is_told(world, wanted)
        expected = {"a": 66, "b": 34} if goes_back else {"b": 91, "c": 9}
        shares = world.shares(20)
        assert shares.keys() <= expected.keys()
        assert abs(shares["b"] - expected["b"] / 5) <= 2
        world.apply(old)
        orders += 1
    assert orders > 5


def test_what_cannot_be_bound_leaves_what_ran_and_says_why(own: RealIngress) -> None:
    good = own.config(own.server("a"))
    own.apply(good)
    own.start("socat TCP-LISTEN:9000 PIPE")
    with pytest.raises(IngressError, match=r"could not be reloaded.*9000|bind") as caught:
        own.apply(with_tcp(good))
    assert any(":9000" in line for line in caught.value.log)
    assert is_told(own, good)
    assert own.get().server == "a"
    own.apply(own.config(own.server("b")))
    assert own.get().server == "b"


@pytest.mark.parametrize(
    "fault",
    ["rm current.cfg", "echo '# more' >>current.cfg", "cat /etc/ingress/empty.cfg >current.cfg"],
)
def test_a_file_that_was_touched_fails_the_healthcheck_and_is_mended(
    own: RealIngress, fault: str
) -> None:
    config = own.config(own.server("a"))
    own.apply(config)
    assert own.passes_its_healthcheck()
    own.run(f"cd /var/lib/ingress && {fault}")
    assert not own.passes_its_healthcheck()
    assert own.report().config_hash == ""
    assert own.get().server == "a"
    own.apply(config)
    assert is_told(own, config)
    assert own.passes_its_healthcheck()


def test_servers_that_were_changed_by_hand_are_put_right(own: RealIngress) -> None:
    config = own.config(own.server("a"), own.server("b", 0))
    own.apply(config)
    with open_console(own.engine.converse, own.container_id) as console:
        console.master("@1 set server web-80/b weight 100", "@1 set server web-80/a state maint")
    assert own.get().server == "b"
    own.apply(config)
    assert own.shares(5) == {"a": 5}


@pytest.mark.parametrize("victim", ["the worker", "the master"])
def test_a_process_that_is_killed_ends_the_container_and_a_start_brings_all_back(
    own: RealIngress, victim: str
) -> None:
    config = own.config(own.server("a", 100), own.server("b", 50), own.server("c", 0))
    own.apply(own.config(own.server("d")))
    own.apply(config)
    own.run(f"kill -9 {own.pids()[victim]}")
    wait_until(lambda: not own.is_running(), "the container to end", timeout_s=TOLD_S)
    own = own.restarted()
    assert is_told(own, config)
    assert own.shares(30) == {"a": 20, "b": 10}
    assert own.passes_its_healthcheck()


def test_it_comes_up_empty_when_its_configuration_is_gone(own: RealIngress) -> None:
    own.apply(own.config(own.server("a")))
    own.run("rm /var/lib/ingress/current.cfg")
    own = own.restarted()
    assert is_told(own, IngressConfig())
    own.apply(own.config(own.server("a")))
    assert own.get().server == "a"

"""
An ingress with servers behind it, real or fake: what the tests of ingresses have in common.
"""

import hashlib
import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

import docker

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.adapters.haproxy import HaproxyIngress
from sandbox.model.action import BuildImage, Endpoint
from sandbox.model.ingress import (
    Backend,
    IngressConfig,
    IngressReport,
    Listener,
    RouteMode,
    Server,
    ServerCounters,
)
from sandbox.planning.haproxy import config_hash
from sandbox.planning.ingress_image import DOCKERFILE, ingress_service
from sandbox.ports import Ingress
from tests.engine_world import DockerHands, context, real_world, wait_until
from tests.fakes.ingress import FakeIngress

HTTP, TCP, MORE = 8080, 9000, 8081
NAMES = ("a", "b", "c", "d")
FIRST_PORT = 7001
DEAD_PORT = 6999
FAKE_ID = "1" * 64
IMAGE = f"sandbox-tests/ingress:{hashlib.sha256(DOCKERFILE.encode()).hexdigest()[:12]}"

# One listening process for each name; what it does is in the path of the request.
SERVERS = r"""
use strict; use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE'; $SIG{PIPE} = 'DEFAULT';
my $port = 7001;
for my $name (@ARGV) { if (!fork) { serve($name, $port) } $port++ }
sleep 10000;
sub rest { select(undef, undef, undef, $_[0] / 1000) }
sub serve {
    my ($name, $port) = @_;
    my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 512, ReuseAddr => 1) or die;
    while (1) {
        my $client = $server->accept or next;
        if (fork) { close $client; next }
        $client->autoflush(1);
        1 while answer($client, $name);
        exit;
    }
}
sub answer {
    my ($client, $name) = @_;
    my $line = <$client> // return 0; my ($method, $path) = split / /, $line;
    my ($head, $length) = ("", 0);
    while (<$client>) {
        last if /^\r?\n$/;
        $head .= $_; $length = $1 if /^content-length: (\d+)/i;
    }
    read($client, my $body, $length) if $length;
    return 0 if $path =~ m{^/drop};
    rest($1) if $path =~ m{/slow/(\d+)};
    if ($path =~ m{^/half}) {
        print $client "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nabc"; return 0;
    }
    if ($path =~ m{^/upgrade}) {
        print $client "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        while (<$client>) { print $client "$name $_" } return 0;
    }
    if ($path =~ m{^/stream/(\d+)}) {
        print $client "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        while (1) { print $client "data: $name\n\n" or return 0; rest($1) }
    }
    my $status = $path =~ m{^/status/(\d+)} ? $1 : 200;
    my $text = "$name\n$head";
    print $client "HTTP/1.1 $status X\r\nContent-Length: " . length($text) . "\r\n\r\n$text";
    return $head !~ /^connection: close/im;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a client got: *server* is the name of who answered, *lines* the headers that it saw."""

    status: int
    server: str = ""
    lines: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict[str, str])


class Client(Protocol):
    def get(self, path: str, *, port: int, host: str) -> Reply: ...


class HttpClient:
    """Asks an address; each request has a connection of its own."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, *, port: int = HTTP, host: str = "x", **headers: str) -> Reply:
        connection = http.client.HTTPConnection(self.address, port, timeout=20)
        with closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers={"Host": host, **named})
            answer = connection.getresponse()
            first, *rest = answer.read().decode().splitlines() or [""]
            return Reply(
                status=answer.status,
                server=first,
                lines=tuple(line.strip().lower() for line in rest),
                headers={name.lower(): value for name, value in answer.getheaders()},
            )

    def connect(self, port: int) -> socket.socket:
        return socket.create_connection((self.address, port), timeout=20)


class FakeClient:
    """Asks a fake ingress; the name of a server stands for its port."""

    def __init__(self, fake: FakeIngress) -> None:
        self.fake = fake

    def get(self, path: str, *, port: int, host: str) -> Reply:
        words = path.split("/")
        status = int(words[2]) if words[1] == "status" else 200
        latency_ms = int(words[2]) if words[1] == "slow" else 1
        with self.fake.request(
            FAKE_ID, port=port, host=host, status=status, latency_ms=latency_ms
        ) as (name, answered):
            time.sleep(latency_ms / 1000)
        return Reply(status=answered, server=self.name_at(name))

    def name_at(self, server: str) -> str:
        """Tell who listens at the port of *server*, whatever the configuration calls it."""
        for backend in self.fake.running[FAKE_ID].config.backends:
            for each in backend.servers:
                if each.name == server:
                    return NAMES[each.port - FIRST_PORT]
        return server


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressWorld:
    """
    An ingress that runs, and everything around it.

    Attributes:
        address: Of the servers behind it.
        container_id: Of the ingress.
    """

    ingress: Ingress
    client: Client
    address: str
    container_id: str

    def server(self, name: str, weight: int = 100) -> Server:
        return Server(
            name=name, address=self.address, port=FIRST_PORT + NAMES.index(name), weight=weight
        )

    def config(self, *servers: Server, **fields: object) -> IngressConfig:
        """Give one HTTP service with *servers* on the one port."""
        return web_config(*servers, **fields)

    def apply(self, config: IngressConfig) -> None:
        self.ingress.apply(self.container_id, config)

    def report(self) -> IngressReport:
        return self.ingress.report(self.container_id)

    def counters(self, server: str, backend: str = "web-80") -> ServerCounters:
        """Give the figures of one server; zeros when there are none."""
        for each in self.report().servers:
            if (each.backend, each.server) == (backend, server):
                return each
        return ServerCounters(backend=backend, server=server)

    def get(self, path: str = "/", *, port: int = HTTP, host: str = "x") -> Reply:
        return self.client.get(path, port=port, host=host)

    def shares(self, count: int) -> Counter[str]:
        """Tell how many of *count* requests each server answered."""
        return Counter(self.get().server for _ in range(count))

    @contextmanager
    def under_way(self, milliseconds: int, *, port: int = HTTP) -> Iterator[list[Reply]]:
        """Have a request under way in the block; its reply is in the list when that has ended."""
        replies: list[Reply] = []
        before = sum(each.open for each in self.report().servers)
        thread = threading.Thread(
            target=lambda: replies.append(self.get(f"/slow/{milliseconds}", port=port))
        )
        thread.start()
        try:
            wait_until(
                lambda: sum(each.open for each in self.report().servers) > before,
                "the request to be under way",
            )
            yield replies
        finally:
            thread.join()

    def drain(self, *servers: str, timeout_s: float = 10.0) -> int:
        return self.ingress.drain(self.container_id, servers, timeout_s, lambda: False)


def web_config(*servers: Server, **fields: object) -> IngressConfig:
    return IngressConfig(
        listeners=(Listener(port=HTTP, mode=RouteMode.HTTP, backend="web-80"),),
        backends=(
            Backend(name="web-80", service_name="web", mode=RouteMode.HTTP, servers=servers),
        ),
        **fields,  # type: ignore[arg-type]  # numbers by their name
    )


def is_told(world: IngressWorld, config: IngressConfig) -> bool:
    return world.report().config_hash == config_hash(config)


@contextmanager
def fake_ingress() -> Iterator[IngressWorld]:
    fake = FakeIngress()
    fake.start(FAKE_ID)
    yield IngressWorld(
        ingress=fake, client=FakeClient(fake), address="10.0.0.1", container_id=FAKE_ID
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RealIngress(IngressWorld):
    """
    One in a container.

    Attributes:
        network: Name of the one that it shares with its servers.
    """

    client: HttpClient
    engine: DockerEngine
    hands: docker.APIClient
    network: str

    def run(self, command: str) -> str:
        """Run a shell command inside, and give what it printed."""
        created = self.hands.exec_create(self.container_id, ["sh", "-c", command])
        said: bytes = self.hands.exec_start(created["Id"])
        return said.decode()

    def start(self, command: str) -> None:
        """Have something run inside."""
        created = self.hands.exec_create(self.container_id, ["sh", "-c", command])
        self.hands.exec_start(created["Id"], detach=True)

    def pids(self) -> dict[str, int]:
        """Give the processes of HAProxy, by their part."""
        said = self.run("echo show proc | socat - UNIX-CONNECT:/run/ingress/master.sock")
        lines = [line.split() for line in said.splitlines() if line[:1].isdecimal()]
        return {f"the {part}": int(pid) for pid, part, *_ in reversed(lines)}

    def passes_its_healthcheck(self) -> bool:
        return self.engine.probe(self.container_id, timeout_s=10).passed

    def is_running(self) -> bool:
        running: bool = self.hands.inspect_container(self.container_id)["State"]["Running"]
        return running

    def restarted(self) -> "RealIngress":
        """Have its container stop, should it run, and start again."""
        self.engine.stop_container(self.container_id, 5)
        self.engine.start_container(self.container_id)
        found = self.engine.inspect_container(self.container_id)
        assert found is not None
        return replace(self, client=HttpClient(found.addresses[self.network]))


@contextmanager
def real_ingress() -> Iterator[RealIngress]:
    """Start an ingress in a container, and the servers in another."""
    with real_world() as place:
        engine = place.engine
        assert isinstance(engine, DockerEngine), "the real one"
        assert isinstance(place.hands, DockerHands), "the real ones"
        service = replace(ingress_service("ingress"), image=build_image(engine))
        net = place.network("net")
        engine.create_network(net)
        endpoint = Endpoint(network_name=net.name)
        servers = place.started(
            place.spec("servers", endpoint, command=("perl", "-e", SERVERS, *NAMES))
        )
        spec = place.spec("ingress", endpoint)
        container_id = engine.create_container(replace(spec, service=service))
        engine.copy_files(container_id, service.files)
        engine.start_container(container_id)
        with closing(HaproxyIngress(engine.converse)) as ingress:
            yield RealIngress(
                ingress=ingress,
                client=HttpClient(place.seen(container_id).addresses[net.name]),
                address=place.seen(servers).addresses[net.name],
                container_id=container_id,
                engine=engine,
                hands=place.hands.client,
                network=net.name,
            )


def build_image(engine: DockerEngine) -> str:
    """Build the image of the ingress once and for all, and give its name."""
    build = ingress_service("ingress").build
    assert build is not None, "it is built"
    action = BuildImage(tags=(IMAGE,), build=build, release="0" * 40)
    engine.build_image(action, context(), lambda _: None, lambda: False)
    return IMAGE

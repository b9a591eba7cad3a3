"""The edge on a real engine, in front of two environments."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.model.observed import EngineHealth
from sandbox.planning.routes import EDGE_LISTENER
from tests.edge_ground import Ground, the_ground
from tests.engine_world import wait_until
from tests.ingress_world import FIRST_PORT

pytestmark = pytest.mark.engine

CONNECT = """
use IO::Socket::INET;
for (@ARGV) { print "$_\\n" if IO::Socket::INET->new(PeerAddr => $_, Timeout => 1) }
"""
ASK = """
use IO::Socket::INET;
my $to = IO::Socket::INET->new(PeerAddr => $ARGV[0], Timeout => 2) or exit;
print $to "GET / HTTP/1.0\\r\\nHost: $ARGV[1]\\r\\n\\r\\n"; print <$to>;
"""


OF_THE_ENGINE = {"/", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/usr/sbin/docker-init"}
GATEWAY = r"/^\S+\s+0{8}\s+(..)(..)(..)(..)/ and print join '.', map hex, $4, $3, $2, $1"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("edge")
    with the_ground(folder) as found:
        yield found
    shutil.rmtree(folder)


def test_each_name_leads_to_its_environment(ground: Ground) -> None:
    for name in ("production", "staging"):
        for host in (f"{name}.localhost", f"web.{name}.localhost", f"WEB.{name}.LocalHost"):
            status, lines = ground.get(host)
            assert (status, lines[0]) == (200, name)


def test_an_unknown_name_is_told_which_there_are(ground: Ground) -> None:
    status, lines = ground.get("nowhere.localhost")
    assert status == 404
    assert "  staging.localhost" in lines
    assert "  *.production.localhost" in lines

    status, lines = ground.get("api.staging.localhost")
    assert status == 404
    assert "  web.staging.localhost" in lines


def test_a_browser_gets_a_page_with_links_for_an_unknown_name(ground: Ground) -> None:
    port = ground.workspace.edge_port
    for host, known in (
        ("nowhere.localhost", "production.localhost"),
        ("api.staging.localhost", "web.staging.localhost"),
    ):
        status, lines = ground.get(host, Accept="text/html,application/xhtml+xml,*/*;q=0.8")
        assert status == 404
        assert f"<a href='http://{known}:{port}/'>{known}</a>" in "".join(lines)


def test_only_the_edge_says_who_asks(ground: Ground) -> None:
    _, lines = ground.get(
        "staging.localhost",
        X_Forwarded_For="6.6.6.6",
        X_Forwarded_Proto="https",
        X_Forwarded_Host="evil",
        Forwarded="for=6.6.6.6",
    )
    heads = [line.strip().lower() for line in lines]

    (client,) = [head for head in heads if head.startswith("x-forwarded-for")]
    assert "6.6.6.6" not in "".join(heads)
    assert client.count(".") == 3
    port = ground.workspace.edge_port
    assert f"x-forwarded-host: staging.localhost:{port}" in heads
    assert f"x-forwarded-port: {port}" in heads
    assert "x-forwarded-proto: http" in heads


def test_a_service_reaches_its_own_ingress_and_nothing_of_others(ground: Ground) -> None:
    staging, production = ground.places["staging"], ground.places["production"]
    (edge,) = ground.edges()
    gateway = staging.run(staging.server, "perl", "-ne", GATEWAY, "/proc/net/route")
    own = [f"{each}:{EDGE_LISTENER}" for each in staging.addresses(staging.ingress)]
    others = [
        *(f"{each}:{EDGE_LISTENER}" for each in production.addresses(production.ingress)),
        *(f"{each}:{FIRST_PORT}" for each in production.addresses(production.server)),
        *(f"{each}:8080" for each in edge.addresses.values()),
        f"{gateway}:{ground.workspace.edge_port}",
    ]

    reached = staging.run(staging.server, "perl", "-e", CONNECT, *own, *others).splitlines()

    assert gateway.count(".") == 3
    assert len(others) == 7
    assert len(reached) == 1
    assert reached[0] in own


def test_no_container_has_a_socket_or_a_file_of_this_machine(ground: Ground) -> None:
    (edge,) = ground.edges()
    places = ground.places.values()
    ids = [edge.id, *(each.server for each in places), *(each.ingress for each in places)]
    place = ground.places["staging"]

    for container_id in ids:
        mounts = place.run(container_id, "cat", "/proc/mounts")
        targets = {line.split()[1] for line in mounts.splitlines() if line.startswith("/dev/")}
        assert targets <= OF_THE_ENGINE
        assert "docker.sock" not in place.run(container_id, "ls", "/run", "/var/run")


def test_the_edge_is_no_way_from_one_ingress_to_another(ground: Ground) -> None:
    staging = ground.places["staging"]
    (edge,) = ground.edges()

    def ask(address: str, host: str) -> str:
        return staging.run(staging.ingress, "perl", "-e", ASK, address, host)

    answers = [ask(f"{each}:8080", "production.localhost") for each in edge.addresses.values()]

    assert "200" in ask(f"127.0.0.1:{EDGE_LISTENER}", "staging.localhost")
    assert answers == ["", "", ""]


def test_a_configuration_that_was_removed_by_hand_comes_back(ground: Ground) -> None:
    place = ground.places["staging"]
    (edge,) = ground.edges()

    def is_unhealthy() -> bool:
        return place.world.seen(edge.id).health is EngineHealth.UNHEALTHY

    place.run(edge.id, "rm", "/var/lib/ingress/current.cfg")
    wait_until(is_unhealthy, "the engine to see it", timeout_s=60)
    assert ground.edge.refresh().number

    assert "environment-staging" in place.run(edge.id, "cat", "/var/lib/ingress/current.cfg")
    assert ground.get("staging.localhost")[0] == 200


def test_an_environment_leaves_and_the_edge_comes_back_when_it_is_killed(tmp_path: Path) -> None:
    with the_ground(tmp_path) as ground:
        staging, production = ground.places["staging"], ground.places["production"]

        with ground.edge.without("production"):
            production.remove("production")
        assert ground.get("production.localhost")[0] == 404
        assert ground.get("staging.localhost")[0] == 200

        (edge,) = ground.edges()
        staging.world.hands.kill(edge.id)
        assert ground.edge.refresh().number == ground.workspace.edge_port
        assert ground.get("staging.localhost")[0] == 200

        with ground.edge.without("staging"):
            assert ground.edges() == ()
            staging.remove("staging")

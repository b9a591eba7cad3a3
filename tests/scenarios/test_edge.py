"""One address for everything: the environments of a repository by their names."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ingress_world import FIRST_PORT, SERVERS
from tests.playground import Finished, Playground, engine, free_port, playground, until

pytestmark = pytest.mark.engine

FILE = """\
name: play
x-sandbox: {{rollout: {{deadline: 30s}}}}
services:
  {service}:
    image: debian:trixie-slim
    command: [perl, /server.pl, {environment}]
    init: true
    stop_signal: SIGKILL
    ports: ["{port}:{inside}"]
    volumes: ["./server.pl:/server.pl:ro"]
    x-sandbox: {{route: http}}
"""


def declare(ground: Playground, environment: str, *, port: int, service: str = "web") -> str:
    text = FILE.format(environment=environment, port=port, inside=FIRST_PORT, service=service)
    return ground.commit(
        {
            f"environments/{environment}/compose.yaml": text,
            f"environments/{environment}/server.pl": SERVERS,
        }
    )


def ask(port: int, host: str) -> tuple[int, str]:
    """Give status and first line of what *host* answers at *port*."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/", headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, answer.read().decode().partition("\n")[0]
        except OSError:
            return 0, ""


def await_answer(port: int, host: str, environment: str, *, seconds: float = 60.0) -> None:
    until(lambda: ask(port, host) == (200, environment), f"{host} to answer", seconds=seconds)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    for found in playground(tmp_path):
        found.environ["SANDBOX_EDGE_PORT"] = str(free_port())
        yield found


def test_environments_have_names_that_come_and_go_with_them(ground: Playground) -> None:
    edge, published = int(ground.environ["SANDBOX_EDGE_PORT"]), free_port()
    for environment in ("production", "staging"):
        declare(ground, environment, port=published if environment == "staging" else free_port())
    ground.start_controller()
    for environment in ("production", "staging"):
        ground.wait_healthy(environment)
        for host in (f"{environment}.localhost", f"web.{environment}.localhost:{edge}"):
            await_answer(edge, host, environment)
    assert ask(published, "127.0.0.1") == (200, "staging")
    assert ask(edge, "nowhere.localhost")[0] == 404
    assert f"http://staging.localhost:{edge}" in ground.status("staging")["urls"]

    before = ground.container("sandbox-edge")["Id"]
    declare(ground, "staging", port=published, service="shop")
    await_answer(edge, "shop.staging.localhost", "staging")
    assert ask(edge, "web.staging.localhost")[0] == 404
    assert ground.container("sandbox-edge")["Id"] == before

    with engine() as client:
        client.kill(before)
    await_answer(edge, "production.localhost", "production", seconds=20.0)

    ground.sandbox("down", "staging")
    assert ask(edge, "staging.localhost")[0] == 404
    assert ask(edge, "production.localhost") == (200, "production")

    ground.sandbox("down", "production")
    assert ground.containers() == []
    assert ground.networks() == []


def test_a_taken_port_moves_the_edge_and_status_says_why(ground: Playground) -> None:
    edge = int(ground.environ["SANDBOX_EDGE_PORT"])
    declare(ground, "staging", port=edge)
    ground.sandbox("sync", "staging")

    status = ground.status("staging")
    (url,) = [each for each in status["urls"] if "//staging.localhost:" in each]
    moved = int(url.rpartition(":")[2])

    assert ask(edge, "127.0.0.1") == (200, "staging")
    assert edge < moved < edge + 20
    assert status["notes"] == [f"the edge is at port {moved}, not {edge}: staging publishes {edge}"]
    assert ask(moved, "staging.localhost") == (200, "staging")


def test_with_the_edge_off_nothing_of_it_is_made(ground: Playground) -> None:
    published = free_port()
    ground.environ["SANDBOX_EDGE_PORT"] = "off"
    declare(ground, "staging", port=published)
    ground.start_controller()
    ground.wait_healthy()

    assert ask(published, "127.0.0.1") == (200, "staging")
    assert ground.containers("sandbox-edge") == []
    assert [each["Name"].rpartition("_")[2] for each in ground.networks()] == ["default"]
    assert ground.sandbox("plan", "staging", "--exit-code", "--output", "json").json["steps"] == []


def test_an_environment_that_publishes_nothing_any_more_is_let_go_of(ground: Playground) -> None:
    edge = int(ground.environ["SANDBOX_EDGE_PORT"])
    declare(ground, "staging", port=free_port())
    ground.start_controller()
    await_answer(edge, "staging.localhost", "staging")

    text = FILE.format(environment="staging", port=1, inside=1, service="web")
    lines = [line for line in text.splitlines() if "ports" not in line and "route" not in line]
    revision = ground.commit_environment("\n".join(lines))
    ground.wait_healthy(revision=revision)

    until(lambda: not ground.containers("sandbox-edge"), "the edge to be gone")
    until(lambda: len(ground.networks()) == 1, "the network with the edge to be gone")
    until(lambda: ground.status()["sync"] == "synced", "the environment to be in sync")
    assert [each["Config"]["Labels"]["dev.sandbox.service"] for each in ground.containers()] == [
        "web"
    ]


def test_every_address_that_up_prints_answers_at_once(ground: Playground) -> None:
    for environment in ("production", "staging"):
        declare(ground, environment, port=free_port())
    first = ground.sandbox("up", "--output", "json")
    printed = [asked(url) for url in addresses(first)]
    assert [status for status, _ in printed] == [200] * 6

    ground.sandbox("stop")
    moved = ground.environ["SANDBOX_EDGE_PORT"] = str(free_port())
    second = ground.sandbox("up", "--output", "json")
    printed = [asked(url) for url in addresses(second)]

    assert [status for status, _ in printed] == [200] * 6
    assert {url.rpartition(":")[2] for url in addresses(second) if "localhost" in url} == {moved}


def addresses(printed: Finished) -> list[str]:
    """Give every address in the last document that `up` printed."""
    document = json.loads(printed.stdout.splitlines()[-1])
    return [url for each in document["environments"] for url in each["urls"]]


def asked(url: str) -> tuple[int, str]:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return ask(int(port), host)

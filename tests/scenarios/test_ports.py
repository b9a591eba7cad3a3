"""
A port that somebody else holds: who holds it is named, and what ran before runs on.
"""

from __future__ import annotations

import itertools
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.planning.routes import INGRESS
from tests.playground import Playground, free_port, playground, small, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine


def publishing(environment: str, port: int, greeting: str = "hello") -> str:
    text = small(environment, greeting=greeting)
    return text.replace("  web:\n", f'  web:\n    ports: ["{port}:80"]\n')


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for place in playground(tmp_path_factory.mktemp("ports") / "play"):
        place.commit_environment(small())
        place.commit_environment(small("production"), "production")
        process = place.start_controller()
        place.wait_healthy("staging")
        place.wait_healthy("production")
        yield place
        place.end_controller(process)


def assert_held(ground: Playground, port: int, holder: str, web: str) -> None:
    """The controller has tried, said so, and left what ran."""
    address = f"port 127.0.0.1:{port} is held by {holder}"
    status = until(
        lambda: (now := ground.status("production")) and address in now["message"] and now,
        f"the status to say: {address}",
    )
    assert re.match(r"environments/production/compose.yaml:18: web(-1)?: port", status["message"])
    assert "publish another port" in status["message"]
    assert status["health"] == "degraded"
    finished = ground.sandbox("sync", "production", status=4)
    assert address in finished.stderr
    (running,) = (each for each in ground.containers("web", "production") if running_now(each))
    assert running["Id"] == web


def running_now(container: dict[str, object]) -> bool:
    state = container["State"]
    assert isinstance(state, dict)
    return bool(state["Running"])


def bound(container: dict[str, Any]) -> set[int]:
    bindings = container["HostConfig"]["PortBindings"].values()
    return {int(each["HostPort"]) for each in itertools.chain.from_iterable(bindings)}


def test_a_port_of_another_environment_is_not_fought_for(ground: Playground) -> None:
    port, web = free_port(), ground.container("web", "production")["Id"]
    revision = ground.commit_environment(publishing("staging", port))
    ground.wait_healthy("staging", revision=revision)
    holder = ground.container(INGRESS, "staging")
    started = holder["State"]["StartedAt"]

    revision = ground.commit_environment(publishing("production", port), "production")
    ground.wait_healthy("production", revision=revision)
    status = ground.status("production")
    own = int(status["urls"][0].rpartition(":")[2])
    assert own in range(20_000, 30_000)
    (note,) = (each for each in status["notes"] if str(port) in each)
    assert str(own) in note
    assert "staging" in note
    still = ground.container(INGRESS, "staging")
    assert (still["Id"], still["State"]["StartedAt"]) == (holder["Id"], started)
    assert bound(still) == {port}
    assert bound(ground.container(INGRESS, "production")) == {own}

    revision = ground.commit_environment(small("production", greeting="no port"), "production")
    ground.wait_healthy("production", revision=revision)
    assert ground.container("web", "production")["Id"] != web


def test_a_port_of_a_process_is_had_as_soon_as_that_has_ended(ground: Playground) -> None:
    web = ground.container("web", "production")["Id"]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        revision = ground.commit_environment(publishing("production", port), "production")
        assert_held(ground, port, "", web)
        assert "(pid " in ground.status("production")["message"]
    ground.wait_healthy("production", revision=revision)
    assert ground.container("web", "production")["Id"] != web

"""
An ingress that is killed, emptied or deleted is back within seconds, weights included.
"""

from __future__ import annotations

import http.client
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import docker.errors
import pytest

from tests.playground import engine, until
from tests.rollouts.small_app import small_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker

    from tests.rollouts.small_app import SmallGround

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

INGRESS = "sandbox-ingress"
FILE = "/var/lib/ingress/current.cfg"
RESTORED_S = 30.0
"""Six times what is promised of a machine that has nothing else to do."""
NOTICED_S = 35.0
"""As long as the engine takes to notice what hurts no request until a restart."""
WEIGHT = 30
ASKED = 100
TOLERANCE = 8


def run(client: docker.APIClient, container_id: str, command: str) -> str:
    made = client.exec_create(container_id, ["sh", "-c", command])
    return str(client.exec_start(made["Id"]).decode())


def kill_container(client: docker.APIClient, container_id: str) -> None:
    client.kill(container_id)


def kill_worker(client: docker.APIClient, container_id: str) -> None:
    # All but the first process, which is the master.
    run(client, container_id, "kill -9 -1")


def remove_file(client: docker.APIClient, container_id: str) -> None:
    run(client, container_id, f"rm {FILE}")


def delete_container(client: docker.APIClient, container_id: str) -> None:
    client.remove_container(container_id, force=True)


WAYS: dict[str, Callable[[docker.APIClient, str], None]] = {
    "killed": kill_container,
    "its worker killed": kill_worker,
    "its configuration removed": remove_file,
    "deleted": delete_container,
}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    """A ground with nothing to do."""
    for ground in small_ground(tmp_path_factory.mktemp("quiet")):
        ground.begin()
        ground.sandbox("up")
        yield ground


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    """A ground in the middle of a canary that outlasts the test."""
    steps = [{"weight": WEIGHT, "for": "1h"}]
    for ground in small_ground(tmp_path_factory.mktemp("canary")):
        ground.begin(web={"x-sandbox": {"rollout": {"steps": steps}}})
        ground.sandbox("up")
        ground.release("v2")
        yield ground


def ask(ground: SmallGround, number: int) -> Counter[str]:
    """Who answered how often; requests that fail count for nobody."""
    found: Counter[str] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", ground.port, timeout=1)
    for _ in range(number):
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            found[answer.headers.get("X-Release", "")] += 1
        except (OSError, http.client.HTTPException):
            connection.close()
    connection.close()
    return found


def whole(ground: SmallGround, *, weight: int) -> bool:
    """Its file is there, and all are answered: *weight* percent by the new generation."""
    with suppress(docker.errors.APIError, ValueError), engine() as client:
        (container,) = ground.containers(INGRESS, "staging")
        answered = ask(ground, ASKED)
        is_shared = abs(100 * answered["v2"] / ASKED - weight) < TOLERANCE
        there = "server " in run(client, container["Id"], f"cat {FILE}")
        return there and is_shared and answered.total() == ASKED
    return False


def hurt_and_time(ground: SmallGround, way: str, *, weight: int) -> float:
    """Hurt the ingress, and give the seconds until it is whole again."""
    until(lambda: whole(ground, weight=weight), "an ingress that is whole")
    with engine() as client:
        WAYS[way](client, ground.container(INGRESS, "staging")["Id"])
    began = time.monotonic()
    until(lambda: whole(ground, weight=weight), "it to be whole again", seconds=4 * RESTORED_S)
    return time.monotonic() - began - (NOTICED_S if WAYS[way] is remove_file else 0.0)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_back_in_seconds(quiet: SmallGround, way: str) -> None:
    assert hurt_and_time(quiet, way, weight=0) < RESTORED_S


@pytest.mark.parametrize(
    "way", ["deleted", *(pytest.param(way, marks=pytest.mark.long) for way in [*WAYS][:-1])]
)
def test_it_is_back_with_the_weights_of_a_canary(canary: SmallGround, way: str) -> None:
    assert hurt_and_time(canary, way, weight=WEIGHT) < RESTORED_S

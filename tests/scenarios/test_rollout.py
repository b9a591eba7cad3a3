"""
A rollout of one service, looked at from all sides: nobody notices it.
"""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.load.running import running
from tests.playground import engine, until
from tests.rollouts.small_app import caller, small_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.summary import Summary
    from tests.rollouts.small_app import SmallGround

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

SUPERSEDED_S = 30.0
"""Far below the deadline of what hangs, also where the processor has other work."""
CANARY_S = 60.0


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    yield from small_ground(tmp_path_factory.mktemp("rollout"))


def assert_unharmed(summary: Summary) -> None:
    assert (summary.failed, summary.wrong) == (0, 0), summary.text()


def generations(ground: SmallGround, *, running: bool = True) -> list[str]:
    """The generation of each container of `web`, sorted."""
    return sorted(
        text.removeprefix("GENERATION=")
        for item in ground.containers("web")
        if item["State"]["Running"] or not running
        for text in item["Config"]["Env"]
        if text.startswith("GENERATION=")
    )


def read_all(ground: SmallGround, path: str, bodies: dict[str, bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", ground.port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    bodies[path] = b""
    bodies[path] = answer.read()
    connection.close()


def test_what_was_under_way_when_a_rollout_began_ends_in_peace(ground: SmallGround) -> None:
    ground.begin()
    ground.sandbox("up")
    bodies: dict[str, bytes] = {}
    paths = ("/download?s=3", "/events?s=3", "/?s=3")
    readers = [threading.Thread(target=read_all, args=(ground, path, bodies)) for path in paths]
    for reader in readers:
        reader.start()
    until(lambda: len(bodies) == 2, "two of the answers to begin")
    revision = ground.release("v2")
    ground.wait_healthy(revision=revision)
    for reader in readers:
        reader.join()

    assert bodies["/download?s=3"] == b"v1".ljust(4096, b".") * 21
    assert bodies["/events?s=3"] == b"data: v1\n\n" * 15
    assert b'"generation": "v1"' in bodies["/?s=3"]
    assert generations(ground, running=False) == ["v2"]


def test_a_service_that_calls_another_by_its_name_notices_no_rollout(ground: SmallGround) -> None:
    ground.begin(services={"caller": caller()})
    ground.sandbox("up")
    for number in (2, 3):
        ground.wait_healthy(revision=ground.release(f"v{number}"))

    with engine() as client:
        log = client.logs(ground.container("caller")["Id"]).decode()
    assert "failed" not in log
    assert "called 40" in log


def test_replicas_are_replaced_in_batches_while_the_others_serve(ground: SmallGround) -> None:
    update = {"parallelism": 2, "delay": "500ms"}
    ground.begin(web={"deploy": {"replicas": 3, "update_config": update}})
    ground.sandbox("up")
    most = 0
    with running(ground.folder.parent / "log", ground.targets(), rps=100) as load:
        load.settle("v1")
        load.announce("v2")
        revision = ground.release("v2")
        until(lambda: "v2" in generations(ground), "the first of the new ones")
        while (alive := generations(ground)) != ["v2"] * 3:
            most = max(most, len(alive))
            assert set(alive) <= {"v1", "v2"}
        ground.wait_healthy(revision=revision)
        load.settle("v2")
        load.await_more()

    assert most == 5
    assert_unharmed(load.summary())


def test_a_newer_commit_supersedes_a_rollout_that_hangs(ground: SmallGround) -> None:
    ground.begin(deadline="100s")
    ground.sandbox("up")
    with running(ground.folder.parent / "log", ground.targets(), rps=100) as load:
        load.settle("v1")
        ground.release("v2", start="hangs")
        until(lambda: "v2" in generations(ground), "the one that hangs")
        load.announce("v3")
        began = time.monotonic()
        revision = ground.release("v3")
        while "v3" not in (alive := generations(ground)):
            assert time.monotonic() - began < SUPERSEDED_S
            assert len(set(alive)) <= 2
        assert len(set(generations(ground))) <= 2
        ground.wait_healthy(revision=revision)
        load.settle("v3")
        load.await_more()

    assert generations(ground, running=False) == ["v3"]
    assert_unharmed(load.summary())
    assert set(load.summary().by_generation) == {"v1", "v3"}


def test_a_revert_in_the_middle_of_a_canary_goes_straight_back(ground: SmallGround) -> None:
    steps = [{"weight": 20, "for": f"{CANARY_S:g}s"}]
    ground.begin(web={"x-sandbox": {"rollout": {"steps": steps}}})
    ground.sandbox("up")
    (first,) = (item["Id"] for item in ground.containers("web"))
    with running(ground.folder.parent / "log", ground.targets(), rps=100) as load:
        load.announce("v1")
        load.announce("v2")
        ground.release("v2")
        until(lambda: "v2" in load.summary().by_generation, "the canary to answer")
        began = time.monotonic()
        ground.git("revert", "--no-edit", "HEAD")
        ground.wait_healthy(revision=ground.git("rev-parse", "HEAD"))
        took_s = time.monotonic() - began
        load.settle("v1")
        load.await_more()

    assert took_s < CANARY_S, "nobody waits for the step's end"
    assert [item["Id"] for item in ground.containers("web")] == [first], "it was never touched"
    assert_unharmed(load.summary())

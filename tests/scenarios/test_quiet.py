"""
What has converged is looked at, and nothing is done to it: no call that changes, no command run.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.bootstrap import open_workspace
from sandbox.runtime.edge import Edge
from sandbox.runtime.heads import Heads
from sandbox.runtime.worker import Worker
from tests.end_state import container_ids, end_state
from tests.engine_proxy import EngineProxy
from tests.playground import Playground, engine, playground, small, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.event import Event
    from tests.engine_proxy import Request

pytestmark = pytest.mark.engine

CYCLES = 100
WATCHED_S = 6.0
FAILING_JOB = small().replace("echo prepared >> /data/prepared", "exit 3")


@pytest.fixture
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProxy]:
    with EngineProxy.listening(tmp_path_factory.mktemp("proxy") / "engine.sock") as listening:
        yield listening


@pytest.fixture
def ground(proxy: EngineProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for place in playground(tmp_path_factory.mktemp("quiet") / "play"):
        place.environ["DOCKER_HOST"] = proxy.url
        yield place


def done_by(proxy: EngineProxy) -> tuple[Request, ...]:
    """Give all but reads: what changes the engine, and what runs in a container."""
    return (*proxy.mutations(), *proxy.commands())


def cycle(ground: Playground, proxy: EngineProxy) -> list[Event]:
    """Let a worker come to rest, then look again and again; give what it told meanwhile."""
    told: list[Event] = []
    with pytest.MonkeyPatch.context() as patch:
        # Until the end: the engine is looked for when it is first needed.
        patch.setenv("DOCKER_HOST", proxy.url)
        with open_workspace(str(ground.folder)) as workspace:
            heads = Heads(workspace, lambda: None, lambda: None)
            edge = Edge(workspace, told.append)
            worker = Worker(workspace, "staging", heads, edge, told.append)
            worker._cycle()
            told.clear()
            proxy.forget()
            for _ in range(CYCLES):
                worker._cycle()
    looks = [request for request in proxy.requests() if request.path == "/containers/json"]
    assert len(looks) >= CYCLES, "each cycle looks at the engine"
    return told


def test_a_hundred_cycles_after_it_converged_change_nothing(
    ground: Playground, proxy: EngineProxy
) -> None:
    ground.commit_environment(small())
    ground.sandbox("sync", "staging")
    state, ids = end_state(ground), container_ids(ground)
    told = cycle(ground, proxy)
    assert done_by(proxy) == ()
    assert told == []
    assert (end_state(ground), container_ids(ground)) == (state, ids)


def test_a_hundred_cycles_after_it_failed_change_nothing(
    ground: Playground, proxy: EngineProxy
) -> None:
    ground.commit_environment(FAILING_JOB)
    ground.sandbox("sync", "staging", status=4)
    cycle(ground, proxy)
    assert done_by(proxy) == (), "a job that failed runs again for a commit or a person only"


def test_a_controller_among_foreign_events_and_commits_that_change_nothing_is_quiet(
    ground: Playground, proxy: EngineProxy
) -> None:
    ground.commit_environment(small())
    ground.start_controller("staging")
    until(lambda: ground.status()["health"] == "healthy", "healthy")
    ids = container_ids(ground)
    proxy.forget()
    with engine() as client:
        deadline = time.monotonic() + WATCHED_S
        for number in range(3):
            foreign = client.create_container(
                "debian:trixie-slim", ["sleep", "1d"], labels={"dev.sandbox.environment": "staging"}
            )["Id"]
            client.start(foreign)
            client.remove_container(foreign, force=True)
            ground.commit({"notes.txt": f"{number}"}, message="Note")
            ground.git("branch", f"other-{number}")
        time.sleep(max(0.0, deadline - time.monotonic()))
    looks = [request for request in proxy.requests() if request.path == "/containers/json"]
    assert looks, "the commits made it look"
    assert done_by(proxy) == ()
    assert container_ids(ground) == ids
    assert ground.status()["revision"] == ground.git("rev-parse", "HEAD")

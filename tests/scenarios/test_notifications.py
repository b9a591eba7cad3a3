"""
Messages of a real controller: of a good commit, a bad one, and a hand on the engine.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground, engine, playground, until
from tests.webhook_server import Receiver, receiver

pytestmark = pytest.mark.engine

APP = """\
name: play-staging
x-sandbox: {{rollout: {{deadline: 20s}}}}
services:
  web:
    image: debian:trixie-slim
    command: [sh, -c, "{command}"]
    stop_signal: SIGKILL
    mem_limit: 64m
    healthcheck: {{test: [CMD, test, -e, /tmp/ready], interval: 5s}}
"""
UP = "touch /tmp/ready; exec sleep 1d"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def kinds(server: Receiver) -> list[str]:
    return [each["notification"]["kind"] for each in server.bodies]


def test_a_good_commit_a_bad_one_and_a_hand_on_the_engine_are_told_once_each(
    ground: Playground, server: Receiver
) -> None:
    state = ground.folder / ".git/sandbox"
    state.mkdir()
    (state / "notify.yaml").write_text(f"webhooks: [{{url: '{server.url}'}}]\n")
    ground.commit_environment(APP.format(command=UP))
    controller = ground.start_controller()
    until(lambda: kinds(server) == ["synced"], "the first sync to be told")

    bad = ground.commit_environment(APP.format(command="echo cannot; exit 3"))
    until(lambda: len(server.bodies) >= 4, "the failure and the way back to be told")
    assert kinds(server) == ["synced", "degraded", "quarantined", "synced"]
    assert server.bodies[2]["notification"]["revision"] == bad

    ground.commit_environment(APP.format(command=f"{UP} # again"))
    until(lambda: kinds(server)[-1] == "recovered", "the fix to be told")

    for _ in range(2):
        with engine() as client:
            client.kill(ground.container("web")["Id"])
        until(lambda: ground.container("web")["State"]["Running"], "the container to be up again")
    time.sleep(2)
    assert kinds(server)[5:] == ["drift"]
    assert ground.end_controller(controller) == 0


def test_a_webhook_that_never_answers_delays_no_sync_and_no_end(
    ground: Playground, server: Receiver
) -> None:
    server.silent = True
    state = ground.folder / ".git/sandbox"
    state.mkdir()
    (state / "notify.yaml").write_text(f"webhooks: [{{url: '{server.url}'}}]\n")
    ground.commit_environment(APP.format(command=UP))
    controller = ground.start_controller()
    ground.wait_healthy()
    revision = ground.commit_environment(APP.format(command=f"{UP} # again"))
    ground.wait_healthy(revision=revision)
    began = time.monotonic()
    assert ground.end_controller(controller) == 0
    assert time.monotonic() - began < 25.0
    kept = [file for file in state.iterdir() if file.is_file() and file.name != "notify.yaml"]
    assert kept
    assert all(b"T0P-S3CRET" not in file.read_bytes() for file in kept)

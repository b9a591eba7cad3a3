"""
What a container writes to an anonymous volume is there for the next one, whatever comes between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.playground import Playground, engine, playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

COMPOSE = """\
name: anonymous-staging
x-sandbox: {rollout: {deadline: 30s}}
services:
  db:
    build:
      context: .
      dockerfile_inline: |
        FROM debian:trixie-slim
        RUN mkdir /image && echo seed > /image/seed
        VOLUME /image
    command: [sleep, 1d]
    stop_signal: SIGKILL
    volumes: [/file]
    environment: {MODE: one}
    deploy: {replicas: 2}
    pre_stop: [{command: [sh, -c, 'echo stopped >> /file/stops']}]
  other:
    image: debian:trixie-slim
    command: [sleep, 1d]
    stop_signal: SIGKILL
"""


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


def run(ground: Playground, number: int, command: str) -> str:
    with engine() as client:
        made = client.exec_create(ground.containers("db")[number - 1]["Id"], ["sh", "-c", command])
        printed: str = client.exec_start(made["Id"]).decode()
        assert client.exec_inspect(made["Id"])["ExitCode"] == 0, printed
    return printed.strip()


def test_the_data_outlives_every_container_and_goes_only_with_down_volumes(
    ground: Playground,
) -> None:
    def sync(text: str) -> None:
        ground.commit_environment(text)
        ground.sandbox("sync", "staging")

    def shown(number: int = 1) -> str:
        return run(ground, number, "cat /file/mine /image/mine /image/seed")

    sync(COMPOSE)
    for number in (1, 2):
        run(ground, number, f"echo file {number} > /file/mine; echo image {number} > /image/mine")
    mine = {number: f"file {number}\nimage {number}\nseed" for number in (1, 2)}

    changed = COMPOSE.replace("one", "two")
    ground.commit_environment(changed)
    plan = ground.sandbox("plan", "staging").stdout
    assert "takes over the data of the anonymous volumes at /file, /image" in plan
    ground.sandbox("sync", "staging")
    assert {number: shown(number) for number in (1, 2)} == mine

    # A person removes the container, with its volumes.
    with engine() as client:
        client.remove_container(ground.containers("db")[0]["Id"], force=True, v=True)
    ground.sandbox("sync", "staging")
    assert shown(1) == mine[1]

    # A place is lost and comes back; so does the whole service.
    sync(changed.replace("replicas: 2", "replicas: 1"))
    sync(COMPOSE[: COMPOSE.index("  db:")] + COMPOSE[COMPOSE.index("  other:") :])
    assert ground.containers("db") == []
    sync(changed)
    assert {number: shown(number) for number in (1, 2)} == mine
    assert "nothing to do" in ground.sandbox("plan", "staging").stdout

    ground.sandbox("down", "staging")
    ground.sandbox("sync", "staging")
    assert {number: shown(number) for number in (1, 2)} == mine
    # Replaced once, removed once, down once.
    assert run(ground, 2, "cat /file/stops").count("stopped") == 3

    ground.sandbox("down", "staging", "--volumes")
    assert ground.volumes() == []

"""
What a Compose file may ask for beyond the everyday works on the real engine, and stays in sync.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.playground import Playground, engine, playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

COMPOSE = """\
name: attributes-staging
x-sandbox: {rollout: {deadline: 30s}}
x-sleep: &sleep {image: debian:trixie-slim, command: [sleep, 1d], stop_signal: SIGKILL}
services:
  leader:
    <<: *sleep
    hostname: LEADER
    volumes: ['./data:/data']
  follower:
    <<: *sleep
    network_mode: service:leader
    pid: service:leader
    volumes_from: ['leader:ro']
  named:
    <<: *sleep
    container_name: NAME
    links: ['leader:chief']
    read_only: true
    tmpfs: /tmp
    configs: [{source: text, target: /etc/app/text}]
    post_start: [{command: [sh, -c, 'echo $$WHO > /tmp/after'], environment: {WHO: me}}]
    pre_stop: [{command: [sh, -c, 'echo before >> /log/stops'], user: root}]
    volumes: [log:/log]
  built:
    build: {context: ., dockerfile_inline: "FROM debian:trixie-slim\\nCOPY page /page"}
    command: [sleep, 1d]
    stop_signal: SIGKILL
configs: {text: {content: hello}}
volumes: {log: {}}
"""


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


def commit(ground: Playground, **words: str) -> None:
    text = COMPOSE
    for old, new in words.items():
        text = text.replace(old, new)
    ground.commit(
        {"environments/staging/compose.yaml": text, "environments/staging/page": "hello\n"}
    )


def run(ground: Playground, service: str, *command: str) -> str:
    """Run a command in the only container of *service*, and give what it prints."""
    with engine() as client:
        made = client.exec_create(ground.container(service)["Id"], list(command))
        printed = client.exec_start(made["Id"]).decode()
        assert client.exec_inspect(made["Id"])["ExitCode"] == 0, printed
    return printed.strip()


def test_all_of_it_works_and_a_second_sync_finds_nothing_to_do(ground: Playground) -> None:
    name = f"own-name-{secrets.token_hex(4)}"
    commit(ground, NAME=name, LEADER="one")

    ground.sandbox("sync", "staging")

    leader = ground.container("leader")
    follower = ground.container("follower")["HostConfig"]
    assert follower["NetworkMode"] == f"container:{leader['Id']}"
    assert follower["PidMode"] == f"container:{leader['Id']}"
    assert ground.container("named")["Name"] == f"/{name}"
    assert run(ground, "follower", "hostname") == "one"
    assert run(ground, "named", "cat", "/tmp/after", "/etc/app/text") == "me\nhello"
    assert run(ground, "named", "getent", "hosts", "chief")
    assert run(ground, "built", "cat", "/page") == "hello"
    # A folder that is not in the commit is a volume of this environment.
    run(ground, "leader", "touch", "/data/kept")
    assert run(ground, "follower", "ls", "/data") == "kept"
    before = {each["Id"] for each in ground.containers()}
    assert "nothing to do" in ground.sandbox("plan", "staging").stdout
    ground.sandbox("sync", "staging")
    assert {each["Id"] for each in ground.containers()} == before


def test_a_change_takes_followers_along_runs_the_hook_and_keeps_name_and_data(
    ground: Playground,
) -> None:
    name = f"own-name-{secrets.token_hex(4)}"
    commit(ground, NAME=name, LEADER="one")
    ground.sandbox("sync", "staging")
    run(ground, "leader", "touch", "/data/kept")

    commit(ground, NAME=name, LEADER="two", hello="bye")
    ground.sandbox("sync", "staging")

    leader = ground.container("leader")
    assert ground.container("follower")["HostConfig"]["NetworkMode"].endswith(leader["Id"])
    assert run(ground, "follower", "hostname") == "two"
    assert run(ground, "follower", "ls", "/data") == "kept"
    assert ground.container("named")["Name"] == f"/{name}"
    assert run(ground, "named", "cat", "/log/stops") == "before"


def test_a_leader_that_a_stranger_removed_comes_back_with_its_follower(ground: Playground) -> None:
    commit(ground, NAME=f"own-name-{secrets.token_hex(4)}", LEADER="one")
    ground.sandbox("sync", "staging")
    follower = ground.container("follower")["Id"]
    with engine() as client:
        client.remove_container(ground.container("leader")["Id"], force=True)

    ground.sandbox("sync", "staging")

    leader = ground.container("leader")
    assert ground.container("follower")["Id"] != follower
    assert ground.container("follower")["HostConfig"]["NetworkMode"].endswith(leader["Id"])
    assert "nothing to do" in ground.sandbox("plan", "staging").stdout


def test_followers_leave_the_dead_network_of_a_leader_that_a_stranger_restarted(
    ground: Playground,
) -> None:
    # The end of a pid namespace ends whoever is in it; that of a network does not.
    alone = {"pid: service:leader": "init: true"}
    commit(ground, NAME=f"own-name-{secrets.token_hex(4)}", LEADER="one", **alone)
    ground.sandbox("sync", "staging")
    shared = ("readlink", "/proc/self/ns/net")
    with engine() as client:
        client.restart(ground.container("leader")["Id"], timeout=0)
    assert "stop follower-1" in ground.sandbox("plan", "staging").stdout
    ground.sandbox("sync", "staging")
    assert run(ground, "follower", *shared) == run(ground, "leader", *shared)

    with engine() as client:
        client.kill(ground.container("leader")["Id"])
    ground.sandbox("sync", "staging")
    assert run(ground, "follower", *shared) == run(ground, "leader", *shared)
    assert "nothing to do" in ground.sandbox("plan", "staging").stdout

"""Mounts of the repository on a real engine: equal to Compose, and what was written stays."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mounts.contest import compare
from tests.playground import Playground, engine

pytestmark = pytest.mark.engine

DATABASE = """\
x-sandbox: {{}}
services:
  db:
    image: debian:trixie-slim
    command: sh -c "echo row >> /var/lib/db/table; exec sleep 1d"
    stop_signal: SIGKILL
    network_mode: none
    environment: {{V: "{version}"}}
    volumes: ["./data:/var/lib/db", "./one.conf:/etc/one.conf", "./site:/site:ro"]
"""
FOLDER = "environments/staging"


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    playground = Playground(folder=tmp_path / "play")
    try:
        yield playground
    finally:
        playground.clean_up()


def inside(playground: Playground, command: str) -> str:
    container = playground.container("db")["Id"]
    run = ["docker", "exec", container, "sh", "-c", command]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.strip()


def database(playground: Playground, version: int, **files: str | None) -> str:
    text = DATABASE.format(version=version)
    named = {f"{FOLDER}/{path}": content for path, content in files.items()}
    return playground.commit({f"{FOLDER}/compose.yaml": text, **named})


def test_processes_see_what_docker_compose_shows(tmp_path: Path) -> None:
    score = compare(tmp_path, range(100, 101), 3, print)
    assert not score.differences, "\n".join(score.differences)
    assert score.entries > 200


def test_what_a_container_wrote_survives_commits_drift_and_down(playground: Playground) -> None:
    first = {"data/.gitkeep": "", "one.conf": "1", "site/a": "1", "site/b": "1"}
    database(playground, 1, **first)
    playground.sandbox("sync", "staging")
    inside(playground, "echo mine >> /etc/one.conf")
    mounts = {each["Destination"]: each["RW"] for each in playground.container("db")["Mounts"]}
    assert mounts == {"/etc/one.conf": True, "/site": False, "/var/lib/db": True}

    database(playground, 2, **{"site/a": "2", "site/b": None, "one.conf": "2", "data/x": "2"})
    plan = playground.sandbox("plan", "staging").stdout
    assert "the commit changed; what containers wrote at /var/lib/db stays" in plan
    synced = playground.sandbox("sync", "staging")
    assert "one.conf was changed in a container; the commit's is not used" in synced.stderr
    assert inside(playground, "wc -l < /var/lib/db/table; cat /var/lib/db/x /site/*") == "2\n22"
    assert inside(playground, "cat /etc/one.conf") == "1mine"

    with engine() as client:
        client.remove_container(playground.container("db")["Id"], force=True, v=True)
    playground.sandbox("sync", "staging")
    assert inside(playground, "wc -l < /var/lib/db/table") == "3"

    playground.sandbox("down", "staging")
    kept = {volume["Name"].partition("_")[2][:4] for volume in playground.volumes()}
    assert kept == {"data", "one."}
    playground.sandbox("sync", "staging")
    assert inside(playground, "wc -l < /var/lib/db/table; cat /etc/one.conf") == "4\n1mine"
    playground.sandbox("down", "staging", "--volumes")
    assert playground.volumes() == []

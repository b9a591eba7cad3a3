"""
A seed says the same under the Python of Debian, which is newer than the one that runs the tests.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.playground import engine
from tests.simulation.run import run
from tests.simulation.wide import draw

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

TOP = Path(__file__).parents[2]
SEED = 7
IMAGE = "sandbox-tests/python"
"""Stays for the next run."""
DOCKERFILE = b"""\
FROM debian:trixie-slim
RUN apt-get -o Acquire::Retries=8 update \\
 && apt-get -o Acquire::Retries=8 install -y --no-install-recommends \\
      python3 python3-greenlet python3-jsonschema python3-typing-extensions python3-yaml \\
 && rm -rf /var/lib/apt/lists/*
"""
BUILD_S = 300


@pytest.fixture
def client() -> Iterator[docker.APIClient]:
    with engine() as client:
        client.timeout = BUILD_S
        lines = list(client.build(fileobj=io.BytesIO(DOCKERFILE), tag=IMAGE, rm=True, decode=True))
        assert any("aux" in line for line in lines), lines
        yield client


def said_by(client: docker.APIClient, *command: str) -> str:
    """What *command* prints in a container of the image, beside the code of this repository."""
    folders = [f"{TOP / name}:/work/{name}:ro" for name in ("sandbox", "tests")]
    made = client.create_container(
        IMAGE,
        [*command],
        working_dir="/work",
        volumes=["/work/sandbox", "/work/tests"],
        host_config=client.create_host_config(binds=folders, network_mode="none"),
    )
    try:
        client.start(made)
        ended = client.wait(made)
        said = client.logs(made, stdout=True, stderr=bool(ended["StatusCode"])).decode()
    finally:
        client.remove_container(made, force=True, v=True)
    assert not ended["StatusCode"], said
    return said


def test_a_seed_gives_the_same_log_under_another_python(client: docker.APIClient) -> None:
    version = said_by(client, "python3", "--version")
    log = said_by(client, "python3", "-m", "tests.simulation", "--seed", str(SEED), "--log")

    assert version.startswith("Python 3.13")
    assert log.splitlines() == run(draw(SEED)).log

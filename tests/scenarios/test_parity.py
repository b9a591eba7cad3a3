"""
The container that we create is the one that `docker compose` would have created.

Both create what the same file says on the real engine, and `docker inspect` of the two is equal but
for names, ids, times and our labels, and for the differences that are listed with their reason.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.parity.cases import GROUPS, compose_file
from tests.parity.comparison import both, judged
from tests.parity.differences import REASONS, explained

pytestmark = [pytest.mark.engine, pytest.mark.long]


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    found = docker.from_env()
    yield found
    found.close()


@pytest.fixture(scope="module")
def image(client: docker.DockerClient) -> Iterator[str]:
    """A tiny image that has everything that a service can override."""
    name = f"sandbox-parity-{secrets.token_hex(3)}:1"
    folder = Path(__file__).parent.parent / "parity" / "image"
    client.images.build(path=str(folder), tag=name, rm=True)
    yield name
    client.images.remove(name, force=True)


def test_every_case_of_ours_gives_the_containers_networks_and_volumes_of_compose(
    tmp_path: Path, client: docker.DockerClient, image: str
) -> None:
    reasons: set[str] = set()
    count = 0
    for number, lines in enumerate(GROUPS.values(), start=200):
        text = compose_file(lines, prefix="PREFIX", subnet=f"10.199.{number}", image=image)
        compose, sandbox = both(tmp_path, text, client)
        found, others = judged(compose, sandbox)
        assert others == []
        reasons |= found
        count += len(sandbox.containers)

    assert count >= 150
    # What is listed as a difference by design is one.
    assert reasons == REASONS


SECRETS = """
x-sandbox: {}
services:
  web:
    image: debian:trixie-slim
    configs: [{source: inline, target: /etc/app/inline, mode: 0440}]
    secrets: [file]
    volumes: ['./folder:/srv/folder:ro', './data:/srv/data']
configs: {inline: {content: hello}}
secrets: {file: {file: ./secret}}
"""


def test_what_compose_mounts_of_the_work_tree_is_mounted_from_volumes(
    tmp_path: Path, client: docker.DockerClient
) -> None:
    compose, sandbox = both(tmp_path, SECRETS, client)

    writable = [
        {each["Destination"]: each["RW"] for each in side.raw["web/1"]["Mounts"]}
        for side in (compose, sandbox)
    ]
    assert writable[0] == {"/run/secrets/file": False, "/srv/folder": False, "/srv/data": True}
    assert writable[1] == writable[0]
    sources = {each["Source"] for each in sandbox.raw["web/1"]["Mounts"]}
    assert all("/volumes/" in source for source in sources)
    left, right = (dict(each.containers["web/1"]) for each in (compose, sandbox))
    for side in (left, right):
        side.pop("Mounts")
    assert explained(left, right)[1] == []

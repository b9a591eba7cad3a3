"""
The container that we create is the one that `docker compose` would have created.

Both create what the same file says on the real engine, and `docker inspect` of the two is equal but
for names, ids, times and our labels, and for the differences that are listed with their reason.
"""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sandbox.model.observed import Owner
from tests.conformance.corpus import find_corpus, unpacked
from tests.parity.cases import GROUPS, compose_file
from tests.parity.corpus import corpus_file
from tests.parity.differences import REASONS, explained
from tests.parity.sides import ENVIRONMENT, Seen, loaded, ours, theirs

pytestmark = pytest.mark.engine

REPOSITORY = Path(__file__).parents[2]
CORPUS = find_corpus(REPOSITORY)


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


def both(folder: Path, text: str, client: docker.DockerClient) -> tuple[Seen, Seen]:
    """Give what Compose and what we create from *text*, one after the other."""
    name = f"parity{secrets.token_hex(3)}"
    place = folder / name
    (place / "folder").mkdir(parents=True)
    (place / "folder" / "file").write_text("file")
    (place / "secret").write_text("secret")
    (place / "compose.yaml").write_text(text.replace("PREFIX", name))
    owner = Owner(instance=secrets.token_hex(6), application=name, environment=ENVIRONMENT)
    desired = loaded(place)
    with theirs(place, f"{name}-theirs", client) as compose:
        pass
    with ours(desired, owner, client) as sandbox:
        pass
    return compose, sandbox


def judged(compose: Seen, sandbox: Seen) -> tuple[set[str], list[str]]:
    """Give the reasons of all differences by design, and the differences without one."""
    reasons: set[str] = set()
    others: list[str] = []
    for kind in ("containers", "networks", "volumes"):
        left, right = getattr(compose, kind), getattr(sandbox, kind)
        others += [f"{kind}: only one has {key}" for key in sorted(left.keys() ^ right.keys())]
        for key in sorted(left.keys() & right.keys()):
            by_design, unexplained = explained(left[key], right[key])
            reasons |= set(by_design.values())
            others += [f"{kind}.{key}{each}" for each in unexplained]
    return reasons, others


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


@pytest.mark.parametrize("corpus", [CORPUS] if CORPUS else [], ids=["beside the repository"])
def test_services_of_real_projects_give_the_containers_of_compose(
    corpus: Path, tmp_path: Path, client: docker.DockerClient
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = corpus_file(unpacked(corpus, Path(folder)))

    compose, sandbox = both(tmp_path, text, client)

    assert len(sandbox.containers) >= 40
    assert judged(compose, sandbox)[1] == []


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


def test_files_are_copied_and_folders_are_volumes_where_compose_mounts_the_work_tree(
    tmp_path: Path, client: docker.DockerClient
) -> None:
    compose, sandbox = both(tmp_path, SECRETS, client)

    theirs_mounted = {each["Destination"] for each in compose.raw["web/1"]["Mounts"]}
    mounted = {each["Destination"]: each for each in sandbox.raw["web/1"]["Mounts"]}
    assert theirs_mounted == {"/run/secrets/file", "/srv/folder", "/srv/data"}
    assert mounted.keys() == {"/srv/data"}
    assert mounted["/srv/data"]["Type"] == "volume"
    left, right = (dict(each.containers["web/1"]) for each in (compose, sandbox))
    for side in (left, right):
        side.pop("Mounts")
    assert explained(left, right)[1] == []

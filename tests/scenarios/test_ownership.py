"""
On the real engine: what carries our labels and is not ours stays; a repository may be moved.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import docker.errors
import pytest

from tests.playground import INSTANCE_LABEL, Playground, engine, playground, small
from tests.scenarios.test_foreign import Foreign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

TAG = "dev.sandbox.tag"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    for each in playground(tmp_path / "play"):
        each.commit_environment(small())
        each.sandbox("sync", "staging")
        yield each


def make_fakes(them: Foreign) -> str:
    """Fake our objects in every way that the engine allows; give the id of the image."""
    ground, client = them.ground, them.client
    web = ground.container("web")
    labels, tag = web["Config"]["Labels"], web["Config"]["Labels"][TAG]
    two = {key: labels[key] for key in (INSTANCE_LABEL, "dev.sandbox.environment")}
    (volume,) = ground.volumes()
    network = next(each for each in ground.networks() if each["Name"].endswith("front"))
    image: str = client.commit(web["Id"])["Id"]
    inherited = client.create_container(
        image, ["sleep", "1d"], name=f"{them.project}-inherited", healthcheck={"test": ["NONE"]}
    )
    them.containers.append(inherited["Id"])
    client.start(inherited["Id"])
    them.container(f"{them.project}-two", two)
    them.container(f"{them.project}-all", labels)
    them.container(
        f"{them.project}-db-tag", {**ground.container("db")["Config"]["Labels"], TAG: tag}
    )
    them.network(f"{them.project}_two", two)
    them.network(f"{them.project}_all", network["Labels"])
    them.volume(f"{them.project}_two", two)
    them.volume(f"{them.project}_data-backup", volume["Labels"])
    return image


def claims(ground: Playground) -> int:
    """Count what `status` tells of objects that only claim to be ours."""
    return sum("has our labels and is not ours" in each for each in ground.status()["notes"])


def test_what_only_has_our_labels_is_left_alone_with_and_without_a_journal(
    ground: Playground,
) -> None:
    with engine() as client:
        them = Foreign(client=client, ground=ground)
        image = ""
        try:
            image = make_fakes(them)
            before = them.picture()
            assert claims(ground) == 8
            for file in (ground.folder / ".git/sandbox").glob("journal.sqlite*"):
                file.unlink()
            assert claims(ground) == 8
            ids = [each["Id"] for each in ground.containers() if each["Id"] not in them.containers]
            ground.sandbox("sync", "staging")
            assert ids == [
                each["Id"] for each in ground.containers() if each["Id"] not in them.containers
            ]
            ground.commit_environment(small(greeting="another"))
            ground.sandbox("sync", "staging")
            ground.sandbox("down", "staging", "--volumes")
            assert them.picture() == before
            assert {each["Id"] for each in ground.containers()} == set(them.containers)
            assert {each["Id"] for each in ground.networks()} == set(them.networks)
            assert {each["Name"] for each in ground.volumes()} == set(them.volumes)
        finally:
            them.remove_all()
            with suppress(docker.errors.APIError):
                client.remove_image(image, force=True)


def test_a_repository_that_is_moved_keeps_what_is_its_own(ground: Playground) -> None:
    containers = {each["Id"] for each in ground.containers()}
    (volume,) = ground.volumes()
    instance, elsewhere = ground.instance, ground.folder.with_name("elsewhere")
    ground.folder.rename(elsewhere)
    moved = Playground(folder=elsewhere)

    assert moved.status()["sync"] == "synced"
    moved.sandbox("sync", "staging")
    with engine() as client:
        filters = {"label": f"{INSTANCE_LABEL}={instance}"}
        found = {each["Id"] for each in client.containers(all=True, filters=filters)}
        assert found == containers
        assert moved.instance != instance
        assert moved.containers() == []
        assert [each["Name"] for each in client.volumes(filters=filters)["Volumes"]] == [
            volume["Name"]
        ]

        shutil.copytree(elsewhere, ground.folder, symlinks=True)
        copied = ground.sandbox("down", "staging", "--volumes", status=None)
        assert volume["Name"] not in copied.stdout
        assert {each["Id"] for each in client.containers(all=True, filters=filters)} == containers

        # A new clone is told what the repository left, takes it over, and has its data.
        clone = ground.folder.with_name("clone")
        moved.git("clone", "--quiet", str(elsewhere), str(clone))
        shutil.rmtree(elsewhere)
        heir = Playground(folder=clone)
        told = heir.sandbox("doctor", status=None).stdout
        assert f"left {instance}" in told
        assert volume["Name"] in told
        assert "used by what sandbox made: logs " in told
        heir.sandbox("doctor", "--adopt", instance)
        assert heir.status()["sync"] == "synced"

        # Gone as well: what is left is removed by name, the volume on its own.
        shutil.rmtree(clone)
        kept = ground.sandbox("doctor", "--remove", instance).stdout
        assert volume["Name"] in kept
        assert client.containers(all=True, filters=filters) == []
        assert client.networks(filters=filters) == []
        ground.sandbox("doctor", "--remove", volume["Name"])
        assert not client.volumes(filters=filters)["Volumes"]

"""What is staged is planned as if it were committed; what is only edited is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository, open_repository
from sandbox.errors import InvalidComposeError, NotFoundError, SourceError
from sandbox.runtime.desired import load_tracked
from sandbox.runtime.staged import NEXT, load_staged, staged_environments
from tests.repositories import DiskRepository, snapshot

FILE = "environments/staging/compose.yaml"
TEXT = "x-sandbox: {release: '${RELEASE:-}'}\nservices: {web: {build: ../../app, user: %s}}\n"


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    made = DiskRepository.make(tmp_path / "shop")
    made.commit(**{FILE: TEXT % "a", "app/Dockerfile": "FROM scratch\n", "app/extra": "x"})
    return made


@pytest.fixture
def repository(disk: DiskRepository) -> Iterator[GitRepository]:
    opened = open_repository(str(disk.top))
    yield opened
    opened.close()


def user(repository: GitRepository) -> str:
    return load_staged(repository, "staging").services[0].user


def test_what_is_staged_counts_and_an_edit_beside_it_does_not(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.write(FILE, TEXT % "b")
    assert user(repository) == "a"
    disk.git("add", FILE)
    disk.write(FILE, TEXT % "c")
    before = snapshot(disk.top)
    assert user(repository) == "b"
    assert snapshot(disk.top) == before


def test_without_a_staged_change_nothing_differs_from_the_commit(repository: GitRepository) -> None:
    assert load_staged(repository, "staging") == load_tracked(repository, "staging")


def test_a_staged_change_of_the_source_asks_for_another_image(
    disk: DiskRepository, repository: GitRepository
) -> None:
    committed = load_tracked(repository, "staging").services[0].image
    disk.write("app/Dockerfile", "FROM scratch\nUSER 1\n")
    assert load_staged(repository, "staging").services[0].image == committed

    disk.git("add", "app/Dockerfile")

    staged = load_staged(repository, "staging")
    assert (staged.release, staged.services[0].image == committed) == (NEXT, False)
    # Staged or deleted, one file more or less counts as well.
    disk.git("rm", "--quiet", "--cached", "app/extra")
    assert load_staged(repository, "staging").services[0].image != staged.services[0].image


def test_a_pinned_environment_does_not_follow_what_is_staged(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.commit(**{"environments/staging/.env": f"RELEASE={disk.git('rev-parse', 'HEAD')}\n"})
    disk.write("app/Dockerfile", "FROM scratch\nUSER 1\n")
    disk.git("add", "app/Dockerfile")
    assert load_staged(repository, "staging") == load_tracked(repository, "staging")


def test_an_environment_that_is_only_staged_is_known(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.write("environments/new/compose.yaml", "x-sandbox: {}\nservices: {a: {image: b}}\n")
    assert staged_environments(repository) == ("staging",)
    disk.git("add", "environments/new")
    disk.git("rm", "--quiet", "--cached", FILE)
    assert staged_environments(repository) == ("new",)
    with pytest.raises(NotFoundError, match="staging"):
        load_staged(repository, "staging")


def test_what_is_staged_wrongly_is_told_with_its_line(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.write(FILE, "x-sandbox: {}\nservices:\n  web: {imagee: b}\n")
    disk.git("add", FILE)
    with pytest.raises(InvalidComposeError, match=f"{FILE}:3"):
        load_staged(repository, "staging")


def test_an_index_with_a_conflict_is_refused(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.git("checkout", "--quiet", "-b", "other")
    disk.commit(**{FILE: TEXT % "b"})
    disk.git("checkout", "--quiet", "main")
    disk.commit(**{FILE: TEXT % "c"})
    disk.git("merge", "other", check=False)
    with pytest.raises(SourceError, match="conflict"):
        load_staged(repository, "staging")


def test_a_bare_repository_has_nothing_staged(disk: DiskRepository, tmp_path: Path) -> None:
    disk.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = open_repository(str(tmp_path / "bare.git"))
    with pytest.raises(SourceError, match="bare"):
        load_staged(bare, "staging")
    bare.close()


def test_a_dockerfile_is_looked_for_in_what_is_staged(
    disk: DiskRepository, repository: GitRepository
) -> None:
    disk.git("rm", "--quiet", "--cached", "app/Dockerfile")
    with pytest.raises(InvalidComposeError, match=f"{FILE}:2:.*no file app/Dockerfile in the"):
        load_staged(repository, "staging")

    disk.write("app/dockerfile", "FROM scratch\n")
    disk.git("add", "app/dockerfile")
    assert load_staged(repository, "staging").release == NEXT


def test_a_dockerfile_may_be_a_link(disk: DiskRepository, repository: GitRepository) -> None:
    disk.git("mv", "app/Dockerfile", "app/Real")
    (disk.top / "app/Dockerfile").symlink_to("Real")
    disk.git("add", "--all")
    disk.git("commit", "--quiet", "--message", "Link it")
    assert load_tracked(repository, "staging").services[0].build

    disk.write("app/extra", "y")
    disk.git("add", "app/extra")
    assert load_staged(repository, "staging").release == NEXT

"""Hooks are written where Git looks for them, and the index is that of the commit under way."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository, open_repository
from sandbox.errors import SourceError
from tests.repositories import DiskRepository


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    made = DiskRepository.make(tmp_path / "shop")
    made.commit(**{"environments/a": "committed"})
    return made


@pytest.fixture
def repository(disk: DiskRepository) -> Iterator[GitRepository]:
    opened = open_repository(str(disk.top))
    yield opened
    opened.close()


def test_a_hook_is_written_whole_executable_and_removed_again(
    disk: DiskRepository, repository: GitRepository
) -> None:
    file = Path(repository.hook_file("pre-commit"))
    assert file == disk.git_dir / "hooks" / "pre-commit"
    assert repository.read_hook("pre-commit") is None
    repository.write_hook("pre-commit", "#!/bin/sh\n")
    assert repository.read_hook("pre-commit") == "#!/bin/sh\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    repository.write_hook("pre-commit", None)
    repository.write_hook("pre-commit", None)
    left = [each for each in file.parent.iterdir() if each.suffix != ".sample"]
    assert left == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tools", "{top}/tools"),
        ("{top}/all", "{top}/all"),
        ("", "{git}/hooks"),
        ("~/h", "{home}/h"),
    ],
)
def test_the_configured_folder_is_meant_as_git_means_it(
    disk: DiskRepository, repository: GitRepository, said: str, meant: str
) -> None:
    places = {"top": disk.top, "git": disk.git_dir, "home": Path.home()}
    disk.git("config", "core.hooksPath", said.format(**places))
    assert repository.hook_file("pre-push") == f"{meant.format(**places)}/pre-push"


def test_a_folder_that_cannot_be_written_is_an_error_for_people(
    disk: DiskRepository, repository: GitRepository
) -> None:
    (disk.top / "file").touch()
    disk.git("config", "core.hooksPath", "file")
    with pytest.raises(SourceError, match="cannot be written"):
        repository.write_hook("pre-commit", "x")


def test_the_index_that_git_names_to_a_hook_counts_if_it_is_ours(
    disk: DiskRepository,
    repository: GitRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = DiskRepository.make(tmp_path / "other")
    other.commit(**{"environments/b": "other"})
    index = disk.git_dir / "next-index-1.lock"
    index.write_bytes((disk.git_dir / "index").read_bytes())
    disk.write("environments/a", "next")
    monkeypatch.setenv("GIT_INDEX_FILE", str(index))
    disk.git("add", "environments/a")
    assert repository.index_files("environments") == {"environments/a": b"next"}

    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index-1.lock")
    assert repository.index_files("environments") == {"environments/a": b"next"}

    for name in (str(other.git_dir / "index"), ""):
        monkeypatch.setenv("GIT_INDEX_FILE", name)
        assert repository.index_files("environments") == {"environments/a": b"committed"}

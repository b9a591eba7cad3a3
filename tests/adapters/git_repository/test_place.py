from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.errors import SourceError
from tests.repositories import DiskRepository, snapshot

Open = Callable[[Path], GitRepository]


def test_a_repository_is_found_from_any_folder_in_it(disk: DiskRepository, opened: Open) -> None:
    disk.write("a/b/c", "1")

    found = [opened(disk.top / folder) for folder in ("", "a/b", ".git", ".git/refs")]

    assert {one.place.top for one in found} == {str(disk.top)}
    assert {one.state_folder for one in found} == {str(disk.top / ".git/sandbox")}
    assert not (disk.top / ".git/sandbox").exists()


def test_the_current_folder_is_where_looking_begins(
    disk: DiskRepository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.write("a/b", "1")
    monkeypatch.chdir(disk.top / "a")

    assert opened(Path()).name == "shop"


def test_linked_work_trees_are_one_repository(
    disk: DiskRepository, opened: Open, tmp_path: Path
) -> None:
    commit = disk.commit(a="1")
    disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")

    main, linked = opened(disk.top), opened(tmp_path / "linked")

    assert linked.instance == main.instance
    assert linked.name == main.name == "shop"
    assert linked.state_folder == main.state_folder
    assert linked.place.top == str(tmp_path / "linked")
    assert linked.resolve("main") == commit


def test_instances_differ_between_repositories_and_stay_for_one(
    disk: DiskRepository, opened: Open, tmp_path: Path
) -> None:
    other = DiskRepository.make(tmp_path / "other")
    (tmp_path / "link").symlink_to(disk.top)

    assert opened(disk.top).instance == opened(tmp_path / "link").instance
    assert opened(disk.top).instance != opened(other.top).instance
    assert len(opened(disk.top).instance) == 12


def test_a_bare_repository_is_read_and_has_no_work_tree(opened: Open, tmp_path: Path) -> None:
    source = DiskRepository.make(tmp_path / "source")
    commit = source.commit(a="1")
    source.git("clone", "--quiet", "--bare", ".", str(tmp_path / "shop.git"))

    repository = opened(tmp_path / "shop.git")

    assert repository.name == "shop"
    assert repository.resolve("main") == commit
    assert repository.read_file(commit, "a") == b"1"
    assert repository.worktree_files("") is None
    assert repository.ignored_edits(commit, [""]) == ()


def test_a_shallow_clone_is_read(opened: Open, tmp_path: Path) -> None:
    source = DiskRepository.make(tmp_path / "source")
    source.commit(**{"web/a": "1"})
    commit = source.commit(**{"docs/a": "1"})
    source.git("clone", "--quiet", "--depth=1", f"file://{source.top}", str(tmp_path / "shallow"))

    repository = opened(tmp_path / "shallow")

    assert repository.resolve("main") == commit
    assert repository.read_file(commit, "web/a") == b"1"
    assert repository.last_change(commit, ["web"]) == commit


def test_a_repository_of_sha256_is_read_and_written(opened: Open, tmp_path: Path) -> None:
    disk = DiskRepository.make(tmp_path / "long", "--object-format=sha256")
    commit = disk.commit(**{"a/b": "1"})
    repository = opened(disk.top)

    assert len(commit) == 64
    assert repository.resolve("main") == repository.resolve(commit[:10]) == commit
    assert repository.read_file(commit, "a/b") == b"1"
    assert repository.ignored_edits(commit, [""]) == ()
    made = repository.commit_file(
        branch="main", path="a/b", content=b"2", message="two", parent=commit
    )
    assert repository.read_file(made, "a/b") == b"2"
    assert disk.git("status", "--porcelain") == ""


def test_where_no_repository_is_the_error_says_what_to_do(tmp_path: Path, opened: Open) -> None:
    with pytest.raises(SourceError, match="no Git repository") as caught:
        opened(tmp_path)
    assert "sandbox init DIR" in caught.value.remedy
    with pytest.raises(SourceError, match="no folder"):
        opened(tmp_path / "missing")


def test_a_repository_of_another_user_is_refused_with_the_remedy(
    disk: DiskRepository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(SourceError, match="belongs to another user") as caught:
        opened(disk.top)
    assert caught.value.remedy == f"git config --global --add safe.directory {disk.top}"


def test_the_repository_of_a_hook_that_runs_us_is_not_mistaken_for_ours(
    disk: DiskRepository, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = disk.commit(a="ours")
    other = DiskRepository.make(tmp_path / "other")
    other.commit(a="theirs")
    before = snapshot(other.top)
    monkeypatch.setenv("GIT_DIR", str(other.git_dir))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.top))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.git_dir / "index"))

    repository = opened(disk.top)
    made = repository.commit_file(
        branch="main", path="a", content=b"new", message="new", parent=commit
    )

    assert repository.place.top == str(disk.top)
    assert repository.read_file(made, "a") == b"new"
    assert (disk.top / "a").read_bytes() == b"new"
    assert snapshot(other.top) == before

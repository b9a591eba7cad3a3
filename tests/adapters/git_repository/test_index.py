from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.errors import SourceError
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]


def test_what_is_staged_is_read_and_not_what_is_on_disk(disk: DiskRepository, opened: Open) -> None:
    disk.commit(**{"e/a": "1", "e/gone": "x", "other": "x"})
    disk.write("e/a", "staged")
    disk.write("e/ü b", "new")
    disk.git("add", "e")
    disk.git("rm", "--quiet", "e/gone")
    disk.write("e/a", "edited")
    disk.write("e/untracked", "no")

    assert opened(disk.top).index_files("e") == {"e/a": b"staged", "e/ü b": b"new"}


def test_reading_the_index_does_not_write_it(disk: DiskRepository, opened: Open) -> None:
    disk.commit(**{"e/a": "1"})
    disk.write("e/a", "1")  # an index entry that Git would refresh
    before = (disk.git_dir / "index").read_bytes()

    opened(disk.top).index_files("e")

    assert (disk.git_dir / "index").read_bytes() == before


def test_links_to_staged_files_are_followed_and_others_left_out(
    disk: DiskRepository, opened: Open
) -> None:
    disk.commit(**{"e/base/a": "1", "outside": "x"})
    for name, target in (("link", "base/a"), ("out", "../outside"), ("round", "round")):
        (disk.top / "e" / name).symlink_to(target)
    disk.git("add", "e")

    assert opened(disk.top).index_files("e") == {"e/base/a": b"1", "e/link": b"1"}


def test_a_linked_work_tree_has_its_own_index(disk: DiskRepository, opened: Open) -> None:
    disk.commit(**{"e/a": "1"})
    linked = DiskRepository(disk.top.parent / "linked")
    disk.git("worktree", "add", "--quiet", "--detach", str(linked.top))
    linked.write("e/a", "2")
    linked.git("add", "e")

    assert opened(linked.top).index_files("e") == {"e/a": b"2"}
    assert opened(disk.top).index_files("e") == {"e/a": b"1"}


def test_a_bare_repository_has_no_index(disk: DiskRepository, opened: Open, tmp_path: Path) -> None:
    disk.commit(a="1")
    disk.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))

    assert opened(tmp_path / "bare.git").index_files("e") is None


def test_a_merge_conflict_is_named(disk: DiskRepository, opened: Open) -> None:
    disk.commit(**{"e/a": "1"})
    disk.git("checkout", "--quiet", "-b", "side")
    disk.commit(**{"e/a": "2"})
    disk.git("checkout", "--quiet", "main")
    disk.commit(**{"e/a": "3"})
    disk.git("merge", "--quiet", "side", check=False)

    with pytest.raises(SourceError, match="e/a has a merge conflict") as caught:
        opened(disk.top).index_files("e")

    assert caught.value.remedy == "resolve it, then: git add e/a"

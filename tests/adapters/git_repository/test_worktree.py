import os
from collections.abc import Callable
from pathlib import Path

from sandbox.adapters.git_repository import GitRepository
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]
FOLDERS = ("environments", "web")


def test_a_clean_work_tree_has_no_edits(disk: DiskRepository, opened: Open) -> None:
    disk.write("web/run.sh", "x", executable=True)
    disk.write("environments/staging/.env", "A=1\n")
    (disk.top / "web/link").symlink_to("run.sh")
    commit = disk.commit()

    assert opened(disk.top).ignored_edits(commit, FOLDERS) == ()


def test_edits_are_found_whether_staged_or_not(disk: DiskRepository, opened: Open) -> None:
    disk.write("web/link-target", "x")
    (disk.top / "web/link").symlink_to("link-target")
    names = ("environments/a", "environments/b", "web/deleted", "web/kind")
    commit = disk.commit(**dict.fromkeys(names, "1"), outside="1")
    repository = opened(disk.top)
    assert repository.ignored_edits(commit, FOLDERS) == ()

    disk.write("environments/a", "2")
    disk.write("environments/b", "2")
    disk.git("add", "environments/b")
    disk.write("environments/new", "1")
    disk.write("web/new", "1")
    disk.write("outside", "2")
    (disk.top / "web/deleted").unlink()
    (disk.top / "web/link").unlink()
    (disk.top / "web/link").symlink_to("elsewhere")
    (disk.top / "web/kind").unlink()
    (disk.top / "web/kind").mkdir()

    assert repository.ignored_edits(commit, FOLDERS) == (
        "environments/a",
        "environments/b",
        "environments/new",
        "web/deleted",
        "web/kind",
        "web/link",
    )


def test_an_edit_that_keeps_size_and_time_is_found(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{"web/a": "1"})
    repository = opened(disk.top)
    assert repository.ignored_edits(commit, FOLDERS) == ()
    about = (disk.top / "web/a").stat()

    (disk.top / "web/b").write_text("2")
    (disk.top / "web/b").replace(disk.top / "web/a")
    os.utime(disk.top / "web/a", ns=(about.st_atime_ns, about.st_mtime_ns))

    assert repository.ignored_edits(commit, FOLDERS) == ("web/a",)


def test_other_line_ends_are_no_edit(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{"web/a": "one\ntwo\n"})
    disk.write("web/a", "one\r\ntwo\r\n")

    assert opened(disk.top).ignored_edits(commit, FOLDERS) == ()


def test_ignored_and_made_files_are_no_edits(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{".gitignore": "*.local\n", "environments/a": "1"})
    disk.write("environments/my.local", "1")
    disk.write("environments/__pycache__/x.pyc", "1")

    assert opened(disk.top).ignored_edits(commit, FOLDERS) == ()


def test_what_another_branch_has_committed_is_no_edit(disk: DiskRepository, opened: Open) -> None:
    tracked = disk.commit(**{"web/a": "1", "web/removed": "1"})
    disk.git("checkout", "--quiet", "-b", "feature")
    (disk.top / "web/removed").unlink()
    disk.commit(**{"web/a": "2", "environments/new": "1"})
    repository = opened(disk.top)

    assert repository.ignored_edits(tracked, FOLDERS) == ()
    disk.write("web/a", "3")
    assert repository.ignored_edits(tracked, FOLDERS) == ("web/a",)


def test_a_pointer_to_a_large_file_is_no_edit(disk: DiskRepository, opened: Open) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
    commit = disk.commit(**{"web/movie": pointer})
    disk.write("web/movie", "the real thing")

    assert opened(disk.top).ignored_edits(commit, FOLDERS) == ()


def test_at_most_twenty_edits_are_named(disk: DiskRepository, opened: Open) -> None:
    names = [f"web/{number:02}" for number in range(30)]
    commit = disk.commit(**dict.fromkeys(names, "1"))
    for name in names:
        disk.write(name, "2")

    assert opened(disk.top).ignored_edits(commit, FOLDERS) == tuple(names[:20])


def test_the_work_tree_is_read_as_it_is(disk: DiskRepository, opened: Open) -> None:
    disk.commit(**{"environments/a": "1"})
    disk.write("environments/a", "edited")
    disk.write("environments/sub/new", b"\0\xff")
    disk.write("environments/__pycache__/x.pyc", "1")
    disk.write("environments/nested/.git/config", "")
    disk.write("environments/nested/file", "1")
    (disk.top / "environments/inside").symlink_to("a")
    (disk.top.parent / "secret").write_text("of the host")
    (disk.top / "environments/escape").symlink_to("../../secret")
    (disk.top / "environments/folder").symlink_to(disk.top.parent)

    assert opened(disk.top).worktree_files("environments") == {
        "environments/a": b"edited",
        "environments/inside": b"edited",
        "environments/sub/new": b"\0\xff",
    }
    assert opened(disk.top).worktree_files("none") == {}

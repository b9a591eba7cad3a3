import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.errors import SourceError
from tests.repositories import DiskRepository, snapshot

Open = Callable[[Path], GitRepository]
NOTES = ("notes", "--ref=sandbox")


def test_a_commit_without_a_note_has_an_empty_one(disk: DiskRepository, opened: Open) -> None:
    first = disk.commit(a="1")
    repository = opened(disk.top)
    assert repository.read_note(first) == ""

    repository.append_note(first, "yes")

    assert repository.read_note(disk.commit(a="2")) == ""


def test_lines_that_are_added_are_what_git_shows(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    repository = opened(disk.top)

    repository.append_note(commit, '{"gate":"smoke"}')
    repository.append_note(commit, "ünï")

    assert repository.read_note(commit) == '{"gate":"smoke"}\nünï\n'
    assert disk.git(*NOTES, "show", commit) == '{"gate":"smoke"}\nünï'
    assert disk.git("rev-list", "--count", "refs/notes/sandbox") == "2"
    disk.git("fsck", "--strict")


def test_a_note_that_a_person_wrote_is_kept(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    blob = disk.git("hash-object", "-w", "--stdin", stdin=b"looked at it")
    disk.git(*NOTES, "add", "-C", blob, commit)

    opened(disk.top).append_note(commit, "passed")

    assert disk.git(*NOTES, "show", commit) == "looked at it\npassed"


@pytest.mark.parametrize("depth", [1, 2])
def test_notes_in_folders_are_read_and_added_to_where_they_are(
    depth: int, disk: DiskRepository, opened: Open
) -> None:
    noted, fresh = disk.commit(a="1"), disk.commit(a="2")
    blob = disk.git("hash-object", "-w", "--stdin", stdin=b"old\n")
    parts = [noted[2 * each : 2 * each + 2] for each in range(depth)]
    tree, name = blob, noted[2 * depth :]
    kind = "100644 blob"
    for folder in (*reversed(parts), ""):
        tree = disk.git("mktree", stdin=f"{kind} {tree}\t{name}\n".encode())
        kind, name = "040000 tree", folder
    disk.git("update-ref", "refs/notes/sandbox", disk.commit_tree(tree))
    repository = opened(disk.top)

    assert repository.read_note(noted) == "old\n"
    for commit in (noted, fresh):
        repository.append_note(commit, "new")

    assert disk.git(*NOTES, "show", noted) == "old\nnew"
    assert disk.git(*NOTES, "show", fresh) == "new"
    assert disk.git("ls-tree", "--name-only", "refs/notes/sandbox").splitlines() == sorted(
        {noted[:2], fresh[:2]}
    )


@pytest.mark.slow
def test_notes_that_git_spread_over_folders_are_found(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    blobs = [disk.git("hash-object", "-w", "--stdin", stdin=b"%d" % each) for each in range(300)]
    blobs.append(commit)
    pairs = "".join(f"{commit} {blob}\n" for blob in blobs)
    disk.git(*NOTES, "copy", "--stdin", stdin=b"", check=False)
    disk.git(*NOTES, "add", "-m", "first", commit)
    disk.git(*NOTES, "copy", "--force", "--stdin", stdin=pairs.encode())
    assert all(
        len(name) == 2 for name in disk.git("ls-tree", "--name-only", "refs/notes/sandbox").split()
    )
    repository = opened(disk.top)

    repository.append_note(commit, "second")

    assert repository.read_note(commit) == "first\nsecond\n"
    assert len(disk.git(*NOTES, "list").splitlines()) == len(blobs)
    assert disk.git(*NOTES, "show", blobs[7]) == "first"


def test_lines_of_several_writers_are_all_kept(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    repositories = [opened(disk.top) for _ in range(3)]

    def write(number: int) -> None:
        for line in range(4):
            repositories[number].append_note(commit, f"{number}.{line}")

    threads = [threading.Thread(target=write, args=(each,)) for each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lines = repositories[0].read_note(commit).splitlines()
    assert sorted(lines) == [f"{number}.{line}" for number in range(3) for line in range(4)]


def test_a_note_changes_neither_work_tree_nor_index_nor_branches(
    disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(a="1")
    disk.write("a", "edited")
    disk.write("b", "staged")
    disk.git("add", "b")
    ours = ("objects", "refs/notes", "logs/refs/notes")

    def rest() -> dict[str, tuple[str, int, int]]:
        mine = tuple(f".git/{each}" for each in (*ours, "logs/refs", "refs"))
        found = snapshot(disk.top).items()
        return {path: each for path, each in found if not path.startswith(mine)}

    before, branches = rest(), disk.git("for-each-ref", "refs/heads")
    opened(disk.top).append_note(commit, "passed")

    assert rest() == before
    assert disk.git("for-each-ref", "refs/heads") == branches


def test_nothing_that_the_repository_names_is_run(
    disk: DiskRepository, opened: Open, tmp_path: Path
) -> None:
    commit = disk.commit(a="1")
    mark = tmp_path / "ran"
    hook = disk.write(".git/hooks/reference-transaction", f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    for key in ("core.editor", "gpg.program", "notes.rewriteRef"):
        disk.git("config", key, f"touch {mark}; false")
    disk.git("config", "commit.gpgSign", "true")

    opened(disk.top).append_note(commit, "passed")

    assert not mark.exists()


def test_a_ref_that_cannot_be_moved_says_so(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    blob = disk.git("hash-object", "-w", "--stdin", stdin=b"x")
    disk.git("update-ref", "refs/notes/sandbox/below", blob)

    with pytest.raises(SourceError, match="refs/notes/sandbox"):
        opened(disk.top).append_note(commit, "passed")

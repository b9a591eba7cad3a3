"""Which edits nobody has committed yet, found without Git's ``status`` and without its filters."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.worktree import WorkTree, is_folder
from sandbox.ports import TreeEntry

EDITS_MAX: Final = 20
# New files here are likely meant for an environment; elsewhere they are notes and build results.
NEW_FILES_FOLDER: Final = "environments"
# A pointer of Git LFS: the work tree holds the real file, and its filter is not ours to run.
POINTER: Final = b"version https://git-lfs.github.com/spec/"

Entries = Mapping[str, TreeEntry]


def uncommitted(
    worktree: WorkTree, objects: ObjectReader, committed: Entries, checked_out: Entries
) -> Iterator[str]:
    """
    Yield paths of either commit, sorted, where the work tree holds what neither of them has.

    Args:
        worktree: Where the files are.
        objects: Where their committed content is.
        committed: Files of the commit that is asked about, by path.
        checked_out: Files of the commit that is checked out; a file that equals them is no edit.
    """
    # Many files share a few folders.
    looked = cache(is_folder)
    for path in sorted({*committed, *checked_out}):
        versions = {committed.get(path), checked_out.get(path)}
        if any(worktree.holds(path, version, looked) for version in versions):
            continue
        if not any(version and _is_pointer(objects, version) for version in versions):
            yield path


def _is_pointer(objects: ObjectReader, entry: TreeEntry) -> bool:
    found = objects.read(entry.object_id, "blob")
    return bool(found and found.content.startswith(POINTER))


def new_files(worktree: WorkTree, program: GitProgram, known: Sequence[Entries]) -> tuple[str, ...]:
    """Paths below ``environments`` that none of *known* has and no rule ignores."""
    found = {
        path
        for path in worktree.files(NEW_FILES_FOLDER)
        if not any(path in entries for entries in known)
    }
    if not found:
        return ()
    # This command knows no patterns, and says so when it is told to take paths literally.
    variables = {"GIT_WORK_TREE": worktree.top, "GIT_LITERAL_PATHSPECS": "0"}
    here = program.within(worktree.top, variables)
    asked = b"".join(os.fsencode(path) + b"\0" for path in sorted(found))
    # Status 1 says that none is ignored.
    answer = here.ask("check-ignore", "-z", "--stdin", stdin=asked)
    return tuple(sorted(found - set(os.fsdecode(answer.stdout).split("\0"))))

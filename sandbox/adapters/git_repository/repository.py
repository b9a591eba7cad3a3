"""The watched repository as `sandbox.ports.Repository` has it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.adapters.git_repository.archive import archive
from sandbox.adapters.git_repository.attributes import ATTRIBUTES, filter_of
from sandbox.adapters.git_repository.branches import (
    LOCAL,
    Branches,
    read_head,
    tracking_branches,
)
from sandbox.adapters.git_repository.cache import KEPT_S, BoundedCache, K, V
from sandbox.adapters.git_repository.edits import EDITS_MAX, new_files, uncommitted
from sandbox.adapters.git_repository.hooks import hook_file, read_hook, write_hook
from sandbox.adapters.git_repository.index import index_of_hook, staged_files
from sandbox.adapters.git_repository.locks import remove_left_locks
from sandbox.adapters.git_repository.log import read_commit
from sandbox.adapters.git_repository.notes import Notes
from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.place import Place, find_place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.stores import LFS, Stores, is_pointer, lfs_content
from sandbox.adapters.git_repository.tree import (
    EXECUTABLE,
    FOLDER,
    LINK,
    TreeReader,
    refuse_missing,
)
from sandbox.adapters.git_repository.worktree import WorkTree
from sandbox.errors import ConflictError, SourceError
from sandbox.planning.ownership import derived_instance
from sandbox.ports import CommitInfo, Head, TreeEntry

if TYPE_CHECKING:
    from sandbox.adapters.git_repository.commit import Committer

FULL_ID: Final = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?")
SHORT_ID: Final = re.compile(r"[0-9a-fA-F]{4,63}")
REMEMBERED: Final = 4096


def open_repository(folder: str | None = None) -> GitRepository:
    """
    Open the repository that *folder* (the current one unless given) is in, as a new one.

    Raises:
        SourceError: There is none, or Git does not trust it; the remedy says what to do.
    """
    place = find_place("." if folder is None else folder)
    real = Path(place.common_dir).resolve()
    return GitRepository(place, instance=derived_instance(os.fsencode(real)))


class GitRepository:
    """Reads from Git objects; files that are not valid UTF-8 have surrogates in their paths."""

    def __init__(self, place: Place, *, instance: str) -> None:
        self.place = place
        self._instance = instance
        self._program = GitProgram(place.common_dir, {"GIT_DIR": place.git_dir})
        self._branches = Branches(self._program, place.common_dir)
        self._stores = Stores(place, self._program)
        self._objects = ObjectReader(self._program, self._stores.objects)
        self._trees = TreeReader(self._objects, place.hash_name, self._stores.note)
        self._notes = Notes(self._program, self._objects, self._trees)
        self._worktree = WorkTree(place.top, place.hash_name) if place.top else None
        self._ancestors: BoundedCache[tuple[str, str], bool]
        self._ancestors = BoundedCache(REMEMBERED, kept_s=KEPT_S)
        self._changes: BoundedCache[tuple[str, tuple[str, ...]], str]
        self._changes = BoundedCache(REMEMBERED, kept_s=KEPT_S)
        self._histories: BoundedCache[tuple[str, tuple[str, ...], int], tuple[str, ...]]
        self._histories = BoundedCache(16 * REMEMBERED, weigh=len, kept_s=KEPT_S)

    @property
    def instance(self) -> str:
        """Id of this repository on this machine: 12 lower-case hex digits."""
        return self._instance

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.place.name

    @property
    def state_folder(self) -> str:
        """``<git common dir>/sandbox``, absolute; not created by looking at it."""
        return self.place.state_folder

    def is_there(self) -> bool:
        """Its folder still exists."""
        return Path(self.place.common_dir).is_dir()

    def remove_left_locks(self) -> None:
        """Remove locks on the index that a killed process of ours left in the user's way."""
        remove_left_locks(self.place.common_dir)

    def close(self) -> None:
        """End Git's process; reading again would start another."""
        self._objects.close()

    # revisions

    def resolve(self, revision: str) -> str | None:
        """
        Full commit id of a branch, tag or (short) id; a branch comes first.

        Raises:
            SourceError: A branch of that name is damaged, or the short id is ambiguous.
        """
        if not revision:
            return None
        if FULL_ID.fullmatch(revision):
            return self._objects.resolve(f"{revision}^{{commit}}")
        # The full name of a branch is asked for at each look at an environment.
        name = revision.removeprefix(LOCAL)
        branch = self._objects.resolve(f"{LOCAL}{name}^{{commit}}")
        if branch is None:
            self._refuse_damaged(name)
        found = (
            branch
            or self._objects.resolve(f"refs/tags/{revision}^{{commit}}")
            or self._objects.resolve(f"{revision}^{{commit}}")
        )
        if found is None and SHORT_ID.fullmatch(revision):
            # Raises where it is ambiguous, which Git tells of plain ids only.
            self._objects.resolve(revision)
        return found

    def _refuse_damaged(self, branch: str) -> None:
        """A damaged branch must not be taken for a missing one, nor for a tag of its name."""
        if "\0" in branch:
            return
        ref = f"{LOCAL}{branch}"
        answer = self._program.ask("for-each-ref", "--format=%(refname)", ref)
        listed = ref in os.fsdecode(answer.stdout).splitlines()
        grumbled = any(line.endswith(f" {ref}") for line in answer.stderr.splitlines())
        if listed or grumbled:
            raise SourceError(
                f"the branch {branch} is damaged: {ref} does not name a commit of this repository",
                remedy=f"look for its last commit (git reflog {branch}), then: "
                f"git update-ref {ref} COMMIT",
            )

    def commit_info(self, commit: str) -> CommitInfo:
        """Read who committed what and when; see `read_commit`."""
        return read_commit(self._objects, commit)

    def refs(self) -> Mapping[str, str]:
        """Commit id by branch name, for all local branches; damaged ones are left out."""
        return self._branches.read()

    def head(self) -> Head:
        """What is checked out here; see `read_head`."""
        return read_head(self._program, self._objects)

    def remote_branches(self, branch: str) -> tuple[str, ...]:
        """Remote-tracking branches of that name; see `tracking_branches`."""
        return tracking_branches(self._program, branch)

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        return Path(self.place.common_dir, "shallow").exists()

    def moved_at(self, branch: str) -> float | None:
        """When *branch* last moved, in seconds since the epoch; ``None`` where no file tells."""
        try:
            return Path(self.place.common_dir, "refs", "heads", branch).stat().st_mtime
        except (OSError, ValueError):
            return None

    def last_change(self, commit: str, folders: Sequence[str]) -> str:
        """
        Find the newest commit, *commit* or an ancestor, that changed any of *folders*.

        Where history does not tell (a shallow clone, folders that never were), *commit* itself.
        """
        key = (commit, tuple(sorted(set(folders))))
        return self._kept(self._changes, key, lambda: self._find_change(*key))

    def history(
        self, commit: str, folders: Sequence[str] = (), *, limit: int
    ) -> tuple[CommitInfo, ...]:
        """
        *commit* and its ancestors along first parents, newest first, at most *limit*.

        Only those that changed any of *folders* (or files) when some are named.
        """
        key = (commit, tuple(sorted(set(folders))), limit)
        found = self._kept(self._histories, key, lambda: self._find_history(*key))
        return tuple(self.commit_info(each) for each in found)

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Tell whether *commit* holds all that *ancestor* does; a commit is its own ancestor."""
        key = (ancestor, commit)
        return self._kept(self._ancestors, key, lambda: self._find_ancestor(*key))

    def _kept(self, cache: BoundedCache[K, V], key: K, find: Callable[[], V]) -> V:
        """What *find* says of commits, which never change; a shallow clone may get more of them."""
        return find() if self.is_shallow() else cache.remember(key, find)

    def _find_ancestor(self, ancestor: str, commit: str) -> bool:
        answer = self._program.ask(
            "merge-base", "--is-ancestor", "--end-of-options", ancestor, commit
        )
        if answer.status not in {0, 1}:
            raise SourceError(f"{ancestor[:12]} and {commit[:12]}: {answer.complaint}")
        return not answer.status

    def _find_history(self, commit: str, folders: tuple[str, ...], limit: int) -> tuple[str, ...]:
        options = ("--first-parent", f"--max-count={limit}", "--end-of-options")
        wanted = self._followed(commit, folders)
        return tuple(self._program.line("rev-list", *options, commit, "--", *wanted).splitlines())

    def _find_change(self, commit: str, folders: tuple[str, ...]) -> str:
        wanted = self._followed(commit, folders)
        found = self._program.line(
            "rev-list", "--max-count=1", "--end-of-options", commit, "--", *wanted
        )
        return found or commit

    def _followed(self, commit: str, folders: Sequence[str]) -> tuple[str, ...]:
        """Paths to ask Git about: a link to a folder changes when either of them does."""
        targets = (self._trees.locate(commit, folder, enter=False) for folder in folders)
        paths = {*folders, *(target.path for target in targets if target)}
        return tuple(sorted(path or "." for path in paths))

    # notes

    def read_note(self, commit: str) -> str:
        """Text of the note on *commit* under ``refs/notes/sandbox``; empty when there is none."""
        return self._notes.read(commit)

    def append_note(self, commit: str, line: str) -> None:
        """Add *line* to the note on *commit*; see `Notes.append`."""
        self._notes.append(commit, line)

    # trees

    def read_file(self, commit: str, path: str) -> bytes | None:
        """
        Content of a regular file; ``None`` when there is none. Links inside the tree are followed.

        Raises:
            SourceError: The path, or a link on it, leads out of the tree.
        """
        found = self._trees.locate(commit, path)
        if found is None or not found.mode.startswith("100"):
            return None
        return self._content(commit, found)

    def read_link(self, commit: str, path: str) -> bytes:
        """Text of the symbolic link at *path*, whose folder holds no links itself."""
        folder, _, name = path.rpartition("/")
        found = self._trees.locate(commit, folder)
        node = self._trees.nodes(found.object_id).get(name) if found else None
        if node is None or node.mode != LINK:
            raise SourceError(f"there is no link {path} in commit {commit[:12]}")
        return self._objects.need(node.object_id, "blob")

    def list_files(self, commit: str, folder: str, *, enter: bool = True) -> tuple[TreeEntry, ...]:
        """
        Files and links below *folder*, recursively, sorted by path; none of no such folder.

        Folders themselves are not listed, as in Git's index. What is in submodules is, unless
        *enter* is false: then each is one entry.

        Raises:
            SourceError: A submodule that is to be entered is not on this machine.
        """
        found = self._trees.locate(commit, folder, enter=enter)
        if found is None or found.mode != FOLDER:
            return ()
        below = self._trees.walk(found.object_id, folder.strip("/"), enter=enter)
        if enter:
            refuse_missing(below)
        return tuple(sorted(below, key=lambda entry: entry.path))

    def tree_id(self, commit: str, folder: str) -> str | None:
        """Id of the tree of *folder*; ``None`` when there is no such folder."""
        found = self._trees.locate(commit, folder)
        return found.object_id if found and found.mode == FOLDER else None

    def archive(self, commit: str, folder: str) -> bytes:
        """A tar of *folder*, the same bytes for the same tree; `SourceError` when there is none."""
        found = self._trees.locate(commit, folder)
        if found is None or found.mode != FOLDER:
            raise SourceError(f"there is no folder {folder} in commit {commit[:12]}")
        entries = self._trees.walk(found.object_id, found.path)
        refuse_missing(entries)
        return archive(entries, found.path, partial(self._content, commit))

    def _content(self, commit: str, entry: TreeEntry) -> bytes:
        """What the work tree would have: for a pointer of Git LFS, what it stands for."""
        content = self._objects.need(entry.object_id, "blob")
        if not is_pointer(content) or entry.mode == LINK:
            return content
        if filter_of(self._trees.files_above(commit, entry.path, ATTRIBUTES), entry.path) != LFS:
            return content
        return lfs_content(self._stores, content, entry.path, commit)

    def is_executable(self, commit: str, path: str) -> bool:
        """Whether the file at *path* may be run."""
        found = self._trees.locate(commit, path)
        return found is not None and found.mode == EXECUTABLE

    # work tree

    def worktree_files(self, folder: str) -> Mapping[str, bytes] | None:
        """Content of the work tree's files below *folder*, by path; ``None`` where it is bare."""
        worktree = self._worktree
        if worktree is None:
            return None
        contents = ((path, worktree.read(path)) for path in worktree.files(folder))
        return {path: content for path, content in contents if content is not None}

    def index_files(self, folder: str) -> Mapping[str, bytes] | None:
        """Staged content of the files below *folder*, by path; ``None`` in a bare repository."""
        if self.place.top is None:
            return None
        variables = {"GIT_DIR": self.place.git_dir, "GIT_WORK_TREE": self.place.top}
        index = index_of_hook(self.place)
        if index:
            variables["GIT_INDEX_FILE"] = index
        here = self._program.within(self.place.top, variables)
        return staged_files(here, self._objects, folder)

    # hooks

    def hook_file(self, name: str) -> str:
        """Absolute path where Git looks for the hook *name*."""
        return str(hook_file(self.place, self._program, name))

    def read_hook(self, name: str) -> str | None:
        """Text of the hook *name*; ``None`` when there is none."""
        return read_hook(hook_file(self.place, self._program, name))

    def write_hook(self, name: str, text: str | None) -> None:
        """Make *text* the hook *name*, executable; ``None`` removes it."""
        write_hook(hook_file(self.place, self._program, name), text)

    def ignored_edits(self, commit: str, folders: Sequence[str]) -> tuple[str, ...]:
        """
        Uncommitted paths below *folders*, sorted, at most 20.

        An edit is what neither *commit* nor the commit that is checked out has: on another branch
        than the tracked one, that branch's own files are no edits. New files count below
        ``environments`` only, and always there.
        """
        worktree = self._worktree
        if worktree is None:
            return ()
        head = self._objects.resolve("HEAD^{commit}") or commit
        committed = self._entries(commit, folders)
        checked_out = committed if head == commit else self._entries(head, folders)
        found = merge(
            uncommitted(worktree, self._objects, committed, checked_out),
            new_files(worktree, self._program, (committed, checked_out)),
        )
        return tuple(islice(found, EDITS_MAX))

    def commit_file(
        self, *, branch: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """Commit one changed file onto *branch*; see `Committer.commit_file`."""
        return self._committer().commit_file(
            branch=branch, path=path, content=content, message=message, parent=parent
        )

    def commit_conflict(
        self, *, branch: str, path: str, content: bytes, parent: str
    ) -> ConflictError | None:
        """What `commit_file` would refuse now; see `Committer.conflict`."""
        return self._committer().conflict(branch=branch, path=path, content=content, parent=parent)

    def commit_beside(
        self, *, branch: str, beside: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """Commit one changed file onto a new branch; see `Committer.commit_beside`."""
        return self._committer().commit_beside(
            branch=branch,
            beside=beside,
            path=path,
            content=content,
            message=message,
            parent=parent,
        )

    def _committer(self) -> Committer:
        # Most commands commit nothing.
        from sandbox.adapters.git_repository.commit import Committer  # noqa: PLC0415

        return Committer(self.place, self._program, self._objects, self._trees)

    def _entries(self, commit: str, folders: Sequence[str]) -> Mapping[str, TreeEntry]:
        return {
            entry.path: entry
            for folder in folders
            for entry in self.list_files(commit, folder, enter=False)
        }

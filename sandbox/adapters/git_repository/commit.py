"""
Commit one file onto a branch without a work tree: objects first, then the ref, guarded.

Where the branch is checked out, the file comes along before the ref moves: a crash in between
leaves an uncommitted edit, which the next try takes as its own, and never a staged undoing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.checkout import (
    Checkout,
    FileChange,
    refuse_work_in_progress,
)
from sandbox.adapters.git_repository.identity import identity
from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.place import Place, find_place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.tree import FOLDER, REGULAR, Node, TreeReader, path_parts
from sandbox.adapters.git_repository.write_tree import write_tree
from sandbox.errors import ConflictError, SandboxError, SourceError

RUN_AGAIN: Final = "run the command again"


class Committer:
    """Writes commits; everything that it reads first, it reads as `GitRepository` does."""

    def __init__(
        self, place: Place, program: GitProgram, objects: ObjectReader, trees: TreeReader
    ) -> None:
        self._place = place
        self._program = program
        self._objects = objects
        self._trees = trees

    def commit_file(
        self, *, branch: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """
        Commit *content* at *path* onto *branch*, which must still be at *parent*.

        The file keeps its mode; it is a plain one when it is new.

        Returns:
            The new commit; *parent* itself when the file already has that content.

        Raises:
            ConflictError: The branch has moved, or the file is edited where the branch is checked
                out, or Git is at work there; nothing has changed.
            SourceError: There is no such branch, or the path is no file.
        """
        ref = f"refs/heads/{branch}"
        self._refuse_moved(ref, branch, parent)
        change = self._change(parent, path, content)
        if change.before == change.after:
            return parent
        checkouts = self._free_checkouts(ref, change)
        commit = self._write_commit(parent, change, message)
        try:
            for checkout in checkouts:
                checkout.bring_along()
            self._move(ref, branch, commit, parent)
        except (SandboxError, OSError) as error:
            _put_back(checkouts)
            if isinstance(error, OSError):
                raise ConflictError(
                    f"{path} cannot be written: {error.strerror or error}", remedy=RUN_AGAIN
                ) from error
            raise
        return commit

    def conflict(
        self, *, branch: str, path: str, content: bytes, parent: str
    ) -> ConflictError | None:
        """What `commit_file` would refuse now; nothing is written, nothing is changed."""
        ref = f"refs/heads/{branch}"
        try:
            self._refuse_moved(ref, branch, parent)
            change = self._change(parent, path, content)
            if change.before != change.after:
                self._free_checkouts(ref, change)
        except ConflictError as error:
            return error
        return None

    def commit_beside(
        self, *, branch: str, beside: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """
        Commit *content* at *path* onto a new branch *branch*, made from *beside* at *parent*.

        Nothing else moves, and no work tree is looked at.

        Returns:
            The new commit; that of *branch* when it holds exactly this already.

        Raises:
            ConflictError: *beside* has moved, or *branch* exists and holds something else.
            SourceError: *branch* is no name of a branch, or *beside* does not exist.
        """
        ref = f"refs/heads/{branch}"
        if branch.startswith("-") or self._program.ask("check-ref-format", ref).status:
            raise SourceError(f"{branch!r} is no name of a branch", remedy="name another one")
        self._refuse_moved(f"refs/heads/{beside}", beside, parent)
        commit = self._write_commit(parent, self._change(parent, path, content), message)
        there = self._objects.resolve(f"{ref}^{{commit}}")
        if there is None:
            self._move(ref, branch, commit, "0" * len(commit))
            return commit
        same_tree = self._trees.root(there) == self._trees.root(commit)
        if not same_tree or self._parents(there) != [parent]:
            raise ConflictError(
                f"there is a branch {branch} already, and it holds something else",
                remedy=f"name another one, or delete that one: git branch -D {branch}",
            )
        return there

    def _parents(self, commit: str) -> list[str]:
        return self._program.line(
            "rev-list", "--no-walk", "--parents", "--end-of-options", commit
        ).split()[1:]

    def _free_checkouts(self, ref: str, change: FileChange) -> tuple[Checkout, ...]:
        """The work trees that have *ref* checked out; `ConflictError` if one has an edit there."""
        checkouts = tuple(self._checkouts(ref, change))
        for checkout in checkouts:
            checkout.refuse_edits()
        return checkouts

    def _refuse_moved(self, ref: str, branch: str, parent: str) -> None:
        now = self._objects.resolve(f"{ref}^{{commit}}")
        if now is None:
            raise SourceError(f"there is no branch {branch}", remedy="git branch lists them")
        if now != parent:
            raise ConflictError(
                f"{branch} has moved from {parent[:12]} to {now[:12]} meanwhile", remedy=RUN_AGAIN
            )

    def _change(self, parent: str, path: str, content: bytes) -> FileChange:
        *folders, name = path_parts(path) or ("",)
        if not name or any(part.lower() == ".git" for part in (*folders, name)):
            raise SourceError(f"{path!r} is no path of a file that can be committed")
        nodes: Mapping[str, Node] = self._trees.nodes(self._trees.root(parent))
        for folder in folders:
            node = nodes.get(folder)
            if node and node.mode != FOLDER:
                raise SourceError(f"{folder} in {path} is no folder in {parent[:12]}")
            nodes = self._trees.nodes(node.object_id) if node else {}
        before = nodes.get(name)
        if before and not before.mode.startswith("100"):
            raise SourceError(f"{path} is no regular file in {parent[:12]}")
        object_id = self._program.line("hash-object", "--no-filters", "--stdin", stdin=content)
        return FileChange(
            path="/".join((*folders, name)),
            before=before,
            after=Node(mode=before.mode if before else REGULAR, object_id=object_id),
            old=self._objects.need(before.object_id, "blob") if before else None,
            new=content,
        )

    def _write_commit(self, parent: str, change: FileChange, message: str) -> str:
        self._program.run("hash-object", "-w", "--no-filters", "--stdin", stdin=change.new)
        root, parts = self._trees.root(parent), path_parts(change.path)
        tree = write_tree(self._program, self._trees, root, parts, change.after)
        writer = self._program.within(self._program.folder, identity(self._program))
        text = message.strip() + "\n"
        return writer.line("commit-tree", "-p", parent, "-F", "-", tree, stdin=text.encode())

    def _checkouts(self, ref: str, change: FileChange) -> Iterator[Checkout]:
        """The work trees, linked ones included, that have *ref* checked out."""
        for place in self._work_trees():
            refuse_work_in_progress(place.git_dir, ref)
            assert place.top
            here = self._program.within(
                place.top, {"GIT_DIR": place.git_dir, "GIT_WORK_TREE": place.top}
            )
            head = os.fsdecode(here.ask("symbolic-ref", "--quiet", "HEAD").stdout).strip()
            if head == ref:
                yield Checkout(here.without_filters(), place.top, change)

    def _work_trees(self) -> Iterable[Place]:
        """Ours and those that Git lists, each once."""
        listed = os.fsdecode(self._program.run("worktree", "list", "--porcelain", "-z"))
        places = {self._place.git_dir: self._place} if self._place.top else {}
        for block in listed.split("\0\0"):
            fields = {
                key: value for key, _, value in (line.partition(" ") for line in block.split("\0"))
            }
            top = fields.get("worktree", "")
            if not top or "prunable" in fields or not Path(top).is_dir():
                continue
            place = find_place(top)
            if place.top and Path(place.common_dir).samefile(self._place.common_dir):
                places[place.git_dir] = place
        return places.values()

    def _move(self, ref: str, branch: str, commit: str, parent: str) -> None:
        answer = self._program.ask("update-ref", "-m", "commit by sandbox", ref, commit, parent)
        if not answer.status:
            return
        if "File exists" in answer.stderr:
            raise ConflictError(
                f"another Git command holds {branch}: {answer.complaint}",
                remedy="wait for it; if none runs, remove the lock file that the message names",
            )
        if "but expected" in answer.stderr:
            raise ConflictError(f"{branch} has moved meanwhile", remedy=RUN_AGAIN)
        raise SourceError(f"{branch} cannot be moved: {answer.complaint}")


def _put_back(checkouts: Iterable[Checkout]) -> None:
    for checkout in checkouts:
        # What cannot be put back stays as an uncommitted edit, which hides nothing.
        with suppress(SandboxError, OSError):
            checkout.put_back()

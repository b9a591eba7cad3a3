"""
Commit one file onto a branch without a work tree: objects first, then the branch.

One commit of ours at a time (`commit_turn`). Where the branch is checked out, the index is locked
as Git locks it, then the branch; file and index come along before the branch moves: a crash in
between leaves an uncommitted edit, which the next try takes as its own, never a staged undoing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from sandbox.adapters.git_repository.checkout import (
    Checkout,
    FileChange,
    refuse_rebase,
)
from sandbox.adapters.git_repository.identity import identity
from sandbox.adapters.git_repository.locks import IndexLock, await_git, commit_turn
from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.place import Place, find_place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.ref_change import RUN_AGAIN, RefChange
from sandbox.adapters.git_repository.swap import remove_left
from sandbox.adapters.git_repository.tree import FOLDER, REGULAR, Node, TreeReader, path_parts
from sandbox.adapters.git_repository.write_tree import write_tree
from sandbox.errors import ConflictError, MovedError, SandboxError, SourceError
from sandbox.secrecy.vault import shown


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
        with commit_turn(self._place.common_dir):
            self._refuse_moved(branch, parent)
            change = self._change(parent, path, content)
            self._remove_left(branch, change)
            if change.before == change.after:
                return parent
            # Looked at before the objects are written, and again when nobody can change it.
            self._refuse_edits(branch, change)
            commit = self._write_commit(parent, change, message)
            try:
                self._move(branch, commit, parent, change)
            except OSError as error:
                raise ConflictError(
                    f"{path} cannot be written: {error.strerror or error}", remedy=RUN_AGAIN
                ) from error
            return commit

    def conflict(
        self, *, branch: str, path: str, content: bytes, parent: str
    ) -> ConflictError | None:
        """What `commit_file` would refuse now; nothing is written, nothing is changed."""
        try:
            with commit_turn(self._place.common_dir, look=True):
                self._refuse_moved(branch, parent)
                change = self._change(parent, path, content)
                if change.before != change.after:
                    self._refuse_edits(branch, change)
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
        self._refuse_moved(beside, parent)
        commit = self._write_commit(parent, self._change(parent, path, content), message)
        there = self._objects.resolve(f"{ref}^{{commit}}")
        if there is None:
            with RefChange(
                self._program, branch=branch, commit=commit, parent="0" * len(commit)
            ) as new:
                new.commit()
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

    def _move(self, branch: str, commit: str, parent: str, change: FileChange) -> None:
        """Move the branch, and with it the file where the branch is checked out."""
        with ExitStack() as held:
            checkouts: list[tuple[Checkout, IndexLock]] = []
            for place, here in self._work_trees_at(branch):
                index = held.enter_context(IndexLock(here, place.git_dir))
                checkout = Checkout(here, place.top or "", change)
                checkout.refuse_edits()
                checkouts.append((checkout, index))
            moving = held.enter_context(
                RefChange(self._program, branch=branch, commit=commit, parent=parent)
            )
            if len(tuple(self._work_trees_at(branch, locked=True))) != len(checkouts):
                raise MovedError(f"{branch} was checked out meanwhile", remedy=RUN_AGAIN)
            try:
                for checkout, index in checkouts:
                    checkout.bring_along(index)
                moving.commit()
            except BaseException:
                _put_back(checkouts)
                raise
            for checkout, _ in checkouts:
                checkout.finish()

    def _remove_left(self, branch: str, change: FileChange) -> None:
        """Remove what killed commits left beside the file: drafts, and content that Git has."""

        def is_ours(content: bytes) -> bool:
            # A process that was killed while it wrote left the beginning of the new content.
            if change.new.startswith(content):
                return True
            lines = content.replace(b"\r\n", b"\n")
            hashed = self._program.line("hash-object", "--no-filters", "--stdin", stdin=lines)
            return self._objects.resolve(f"{hashed}^{{blob}}") is not None

        with suppress(ConflictError):
            for place, _ in self._work_trees_at(branch, locked=True):
                remove_left(Path(place.top or "", change.path), is_ours)

    def _refuse_edits(self, branch: str, change: FileChange) -> None:
        """`ConflictError` if a work tree that has *branch* checked out has an edit of the file."""
        for place, here in self._work_trees_at(branch):
            Checkout(here, place.top or "", change).refuse_edits()

    def _refuse_moved(self, branch: str, parent: str) -> None:
        now = self._objects.resolve(f"refs/heads/{branch}^{{commit}}")
        if now is None:
            raise SourceError(f"there is no branch {branch}", remedy="git branch lists them")
        if now != parent:
            raise MovedError(
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
        text = shown(message).strip() + "\n"
        return writer.line("commit-tree", "-p", parent, "-F", "-", tree, stdin=text.encode())

    def _work_trees_at(
        self, branch: str, *, locked: bool = False
    ) -> Iterator[tuple[Place, GitProgram]]:
        """
        The work trees, linked ones included, that have *branch* checked out, and Git in each.

        Args:
            locked: Their index is held by the caller.

        Raises:
            ConflictError: Git is at work in one, or rebases *branch* there.
        """
        ref = f"refs/heads/{branch}"
        for place in self._work_trees():
            if not locked:
                await_git(place.git_dir)
            refuse_rebase(place.git_dir, ref)
            assert place.top
            here = self._program.within(
                place.top, {"GIT_DIR": place.git_dir, "GIT_WORK_TREE": place.top}
            )
            head = os.fsdecode(here.ask("symbolic-ref", "--quiet", "HEAD").stdout).strip()
            if head == ref:
                yield place, here.without_filters()

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


def _put_back(checkouts: Iterable[tuple[Checkout, IndexLock]]) -> None:
    for checkout, index in checkouts:
        # What cannot be put back stays as an uncommitted edit, which hides nothing.
        with suppress(SandboxError, OSError):
            checkout.put_back()
            index.put_back()

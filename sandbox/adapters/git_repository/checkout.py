"""Bring one committed file along in a work tree that has its branch checked out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.locks import IndexLock
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.swap import Swap
from sandbox.adapters.git_repository.tree import Node
from sandbox.errors import ConflictError

COMMIT_FIRST: Final = "commit or undo it, then run the command again"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file before (``None``: it is new) and after, as Git's objects and as bytes."""

    path: str
    before: Node | None
    after: Node
    old: bytes | None
    new: bytes


class Checkout:
    """
    One work tree, for one change.

    Args:
        program: Git, told by ``GIT_DIR`` which of the linked work trees is meant.
        top: Top of the work tree.
        change: What is committed.
    """

    def __init__(self, program: GitProgram, top: str, change: FileChange) -> None:
        self._program = program
        self._top = Path(top)
        self._change = change
        self._content = self._read()
        self._node = self._staged()
        self._swap: Swap | None = None

    def refuse_edits(self) -> None:
        """`ConflictError` unless file and index entry are as committed, or as they shall become."""
        change = self._change
        if self._node not in ({change.before}, {change.after}):
            raise ConflictError(
                f"{change.path} has a staged edit in {self._top}", remedy=COMMIT_FIRST
            )
        if self._content not in (change.old, change.new, _crlf(change.old), _crlf(change.new)):
            raise ConflictError(
                f"{change.path} has an uncommitted edit in {self._top}", remedy=COMMIT_FIRST
            )

    def bring_along(self, index: IndexLock) -> None:
        """
        Write the new content to the work tree and to the index, in this order.

        Args:
            index: Held since before this object was made.

        Raises:
            ConflictError: The file was edited since.
        """
        # The work tree may have other line ends than the commit (`core.autocrlf`).
        windows = self._content is not None and self._content not in (
            self._change.old,
            self._change.new,
        )
        new = (_crlf(self._change.new) if windows else self._change.new) or b""
        swap = Swap(self._top / self._change.path, old=self._content, new=new)
        if not swap.begin():
            raise ConflictError(
                f"{self._change.path} was edited meanwhile in {self._top}", remedy=COMMIT_FIRST
            )
        self._swap = swap
        if self._node != {self._change.after}:
            node = self._change.after
            entry = f"{node.mode},{node.object_id},{self._change.path}"
            index.update("--add", "--cacheinfo", entry)

    def put_back(self) -> None:
        """Give the file back what it held before `bring_along`; an edit made since stays."""
        if self._swap:
            self._swap.put_back()

    def finish(self) -> None:
        """Drop what the file held before; an edit that was written to that meanwhile comes back."""
        if self._swap:
            self._swap.finish()

    def _staged(self) -> set[Node | None]:
        """What the index has for the file: one node, in a conflict several; `None` is nothing."""
        path = self._change.path
        listed = self._program.run("ls-files", "--stage", "-z", "--", path)
        return set(_nodes(os.fsdecode(listed), path)) or {None}

    def _read(self) -> bytes | None:
        """Content of the file; ``None`` where nothing is; `ConflictError` for anything else."""
        here = self._top
        for part in Path(self._change.path).parts:
            if here.is_symlink() or (here.exists() and not here.is_dir()):
                raise ConflictError(
                    f"{here} is in the way of {self._change.path}", remedy=COMMIT_FIRST
                )
            here /= part
        if not here.is_symlink() and not here.exists():
            return None
        if here.is_symlink() or not here.is_file():
            raise ConflictError(f"{here} is no regular file", remedy=COMMIT_FIRST)
        return here.read_bytes()


def refuse_rebase(git_dir: str, ref: str) -> None:
    """`ConflictError` while *ref* is being rebased in the work tree of *git_dir*."""
    for rebase in ("rebase-merge", "rebase-apply"):
        with suppress(OSError):
            if Path(git_dir, rebase, "head-name").read_text().strip() == ref:
                raise ConflictError(
                    f"{ref.removeprefix('refs/heads/')} is being rebased",
                    remedy="finish it (git rebase --continue) or end it (git rebase --abort)",
                )


def _nodes(listed: str, path: str) -> Iterator[Node]:
    for line in listed.split("\0"):
        about, _, name = line.partition("\t")
        if name == path:
            mode, object_id, _stage = about.split()
            yield Node(mode=mode, object_id=object_id)


def _crlf(content: bytes | None) -> bytes | None:
    return None if content is None else content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

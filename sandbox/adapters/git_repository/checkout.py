"""Bring one committed file along in a work tree that has its branch checked out."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.program import GitProgram
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

    def bring_along(self) -> None:
        """Write the new content to the work tree and to the index, in this order."""
        if (self._read(), self._staged()) != (self._content, self._node):
            raise ConflictError(
                f"{self._change.path} was edited meanwhile in {self._top}", remedy=COMMIT_FIRST
            )
        # The work tree may have other line ends than the commit (`core.autocrlf`).
        windows = self._content is not None and self._content not in (
            self._change.old,
            self._change.new,
        )
        self._write((_crlf(self._change.new) if windows else self._change.new) or b"")
        self._stage(self._change.after)

    def put_back(self) -> None:
        """Undo `bring_along`, as far as nobody has touched the file since."""
        if self._read() in (self._change.new, _crlf(self._change.new)):
            if self._content is None:
                (self._top / self._change.path).unlink(missing_ok=True)
            else:
                self._write(self._content)
        if self._staged() == {self._change.after}:
            for node in self._node:
                self._stage(node)

    def _staged(self) -> set[Node | None]:
        """What the index has for the file: one node, in a conflict several; `None` is nothing."""
        path = self._change.path
        listed = self._program.run("ls-files", "--stage", "-z", "--", path)
        return set(_nodes(os.fsdecode(listed), path)) or {None}

    def _stage(self, node: Node | None) -> None:
        path = self._change.path
        if node is None:
            self._program.run("update-index", "--force-remove", "--", path)
        else:
            entry = f"{node.mode},{node.object_id},{path}"
            self._program.run("update-index", "--add", "--cacheinfo", entry)

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

    def _write(self, content: bytes) -> None:
        """Replace the file in one step, with its rights and owner."""
        place = self._top / self._change.path
        place.parent.mkdir(parents=True, exist_ok=True)
        like = (place if place.exists() else place.parent).stat()
        rights = stat.S_IMODE(like.st_mode) & (0o777 if place.exists() else 0o666)
        descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(OSError):
                os.chown(name, like.st_uid, like.st_gid)
            Path(name).chmod(rights)
            Path(name).replace(place)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def refuse_work_in_progress(git_dir: str, ref: str) -> None:
    """`ConflictError` while Git is at work on the index of *git_dir*, or rebases *ref* there."""
    lock = Path(git_dir, "index.lock")
    if lock.exists():
        raise ConflictError(
            "another Git command is at work in this repository",
            remedy=f"wait for it; if none runs, it left a file behind: rm {lock}",
        )
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

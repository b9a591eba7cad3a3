"""Branches by name, and what is checked out."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from sandbox.ports import Head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.adapters.git_repository.objects import ObjectReader
    from sandbox.adapters.git_repository.program import GitProgram

LOCAL: Final = "refs/heads/"
REMOTE: Final = "refs/remotes/"


YOUNG_S: Final = 2.0
"""A file that was written since may be written again with the same marks: clocks of disks tick."""

Marks: TypeAlias = "frozenset[tuple[str, int, int, int, int]]"


class Branches:
    """
    Local branches; Git is started only when a file of theirs was written since the last answer.

    Args:
        common_dir: Git's folder that all work trees share.
    """

    def __init__(self, program: GitProgram, common_dir: str) -> None:
        self._program = program
        self._folder = Path(common_dir)
        self._known: tuple[Marks | None, Mapping[str, str]] = (None, {})

    def read(self) -> Mapping[str, str]:
        """Commit id by branch name; damaged ones are left out."""
        marks = self._marks()
        known, branches = self._known
        if marks is None or marks != known:
            branches, has_links = self._ask()
            # The target of a link may be anywhere.
            self._known = (None if has_links else marks, branches)
        return branches

    def _ask(self) -> tuple[Mapping[str, str], bool]:
        form = "--format=%(refname)%00%(objectname)%00%(symref)"
        listed = os.fsdecode(self._program.run("for-each-ref", form, LOCAL))
        found = [line.split("\0") for line in listed.splitlines()]
        branches = {ref.removeprefix(LOCAL): commit for ref, commit, _ in found}
        return branches, any(target for *_, target in found)

    def _marks(self) -> Marks | None:
        """What of each file changes when it is written; ``None`` where that cannot be told."""
        young_ns = time.time_ns() - int(YOUNG_S * 1e9)
        found: set[tuple[str, int, int, int, int]] = set()
        try:
            for name, about in _files(self._folder):
                if about.st_ctime_ns > young_ns:
                    return None
                found.add((name, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))
        except OSError:
            return None
        return frozenset(found)


def _files(common_dir: Path) -> Iterator[tuple[str, os.stat_result]]:
    """
    The files that hold the branches: one of reftables; or one for each, and a packed one.

    Raises:
        OSError: They are elsewhere, or change right now.
    """
    tables, packed = common_dir / "reftable" / "tables.list", common_dir / "packed-refs"
    if tables.exists():
        yield tables.name, tables.stat()
        return
    if packed.exists():
        yield packed.name, packed.stat()
    folders = [str(common_dir / LOCAL)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_file():
                    yield entry.path, entry.stat()
                else:
                    raise FileNotFoundError(entry.path)


def tracking_branches(program: GitProgram, branch: str) -> tuple[str, ...]:
    """Names of the remote-tracking branches of *branch*, such as ``origin/main``, sorted."""
    if "\0" in branch:
        return ()
    listed = program.run("for-each-ref", "--format=%(refname)", f"{REMOTE}*/{branch}")
    found = (ref.removeprefix(REMOTE) for ref in os.fsdecode(listed).splitlines())
    return tuple(sorted(each for each in found if each.partition("/")[2] == branch))


def read_head(program: GitProgram, objects: ObjectReader) -> Head:
    """Read which branch or commit is checked out in the work tree of *program*."""
    ref = os.fsdecode(program.ask("symbolic-ref", "--quiet", "HEAD").stdout).strip()
    return Head(
        branch=ref.removeprefix(LOCAL) if ref.startswith(LOCAL) else "",
        commit=objects.resolve("HEAD^{commit}") or "",
    )

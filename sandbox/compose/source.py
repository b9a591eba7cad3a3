"""What the loader reads: files by path, of one commit or from a disk, and nothing else."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

REPOSITORY = "//repository"
"""
The top of the repository as an absolute path.

Two slashes at the front are a place of their own, which no path of a host can be: whatever a file
says, what lies below here comes from the commit and what does not is the host's.
"""


class FileSource(Protocol):
    """Files by absolute, normalised path; those of a commit lie below `REPOSITORY`."""

    def read(self, path: str) -> bytes | None:
        """Content of the regular file at *path*; ``None`` when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file of the commit; *path* is relative to the top of the repository."""

    path: str
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLink:
    """One symbolic link of the commit; *leads* is its text."""

    path: str
    leads: bytes


class CommittedSource(Protocol):
    """
    The files of one commit.

    Paths are relative to the top of the repository, use ``/`` and never begin with it; ``"."`` is
    the top itself. Symbolic links and submodules are not files.
    """

    @property
    def revision(self) -> str:
        """Full id of the commit that is read."""
        ...

    def read_file(self, path: str) -> bytes | None:
        """Content of the regular file at *path*; ``None`` when there is none."""
        ...

    def list_files(self, folder: str) -> tuple[TreeFile, ...]:
        """Every regular file below *folder*, at any depth, sorted; empty when there is none."""
        ...

    def list_links(self, folder: str) -> tuple[TreeLink, ...]:
        """Every symbolic link below *folder*, at any depth, sorted by path."""
        ...

    def resolve_release(self, requested: str, contexts: Sequence[str]) -> str:
        """
        Full id of the commit to build *contexts* from.

        An empty *requested* means the newest commit, the revision or an ancestor, that changed any
        of *contexts*. `NotFoundError` or `SourceError` when *requested* names no commit.
        """
        ...

    def context_id(self, release: str, folder: str) -> str | None:
        """Git tree id of *folder* at *release*; ``None`` when that commit has no such folder."""
        ...

    def has_file(self, release: str, folder: str, path: str) -> bool:
        """
        Tell whether *folder* at *release* has a file at *path*, symbolic links followed.

        True also where nobody can tell: in a submodule that is not on this machine.
        """
        ...


class CommittedFiles:
    """A commit, seen as a `FileSource`: only what lies below `REPOSITORY` is there."""

    def __init__(self, source: CommittedSource) -> None:
        self._source = source

    def read(self, path: str) -> bytes | None:
        """Content of the file at *path* in the commit."""
        found = inside(path)
        return None if found is None else self._source.read_file(found)


def shown(path: str, folder: str = REPOSITORY) -> str:
    """Write an absolute *path* for people: relative to *folder* where it lies below it."""
    return path.removeprefix(f"{folder.rstrip('/')}/")


def inside(path: str) -> str | None:
    """
    Give an absolute *path* from the top of the repository, ``"."`` for the top itself.

    Returns:
        ``None`` when it does not lie in the repository: it is the host's, or leads out of ours.
    """
    normal = posixpath.normpath(path)
    if normal == REPOSITORY:
        return "."
    found = normal.removeprefix(f"{REPOSITORY}/")
    return None if found == normal else found

"""What the loader reads: one commit, by path, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One regular file of the commit; *path* is relative to the top of the repository."""

    path: str
    executable: bool = False


class CommittedSource(Protocol):
    """
    The files of one commit.

    Paths are relative to the top of the repository, use ``/`` and never begin with it; ``"."`` is
    the top itself. Symbolic links and submodules are not files: they are neither read nor listed.
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

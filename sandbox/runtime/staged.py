"""What is staged: environments as they would be if the index were committed now."""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.compose.load import find_environments
from sandbox.errors import NotFoundError, SourceError
from sandbox.override import override
from sandbox.runtime.source import ENVIRONMENTS, CommitSource, WorktreeSource, load_from
from sandbox.runtime.whereabouts import home_commit, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository

NEXT: Final = "staged"
"""Stands for the commit that there is not yet, as a release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSource(WorktreeSource):
    """
    The index on top of the commit that is checked out.

    A build context with staged changes has an id that follows from its content: no image has it, so
    that a plan says what would be built.
    """

    _ids: dict[str, str | None] = field(default_factory=dict[str, "str | None"])

    @override
    def resolve_release(self, requested: str, contexts: Sequence[str]) -> str:
        """Give the commit that *contexts* are read from; `NEXT` where they are staged."""
        if not requested and any(self._staged_id(context) for context in contexts):
            return NEXT
        return CommitSource.resolve_release(self, requested, contexts)

    @override
    def context_id(self, release: str, folder: str) -> str | None:
        """Git tree id of *folder*, or what stands for one that is staged."""
        if release != NEXT:
            return CommitSource.context_id(self, release, folder)
        return self._staged_id(folder) or CommitSource.context_id(self, self.revision, folder)

    @override
    def has_file(self, release: str, folder: str, path: str) -> bool:
        """Tell whether *folder* has a file at *path*, as it is staged where that is the release."""
        if release != NEXT:
            return CommitSource.has_file(self, release, folder, path)
        whole = posixpath.normpath(f"{folder}/{path}")
        if whole in (self.repository.index_files(folder) or {}):
            return True
        # Links and submodules are not files of the index; what was one is no longer staged.
        entries = self.repository.list_files(self.revision, folder, enter=False)
        removed = any(each.path == whole for each in entries)
        return not removed and CommitSource.has_file(self, self.revision, folder, path)

    def _staged_id(self, folder: str) -> str | None:
        """What stands for the staged tree of *folder*; ``None`` when it is as committed."""
        if folder not in self._ids:
            self._ids[folder] = self._find_id(folder)
        return self._ids[folder]

    def _find_id(self, folder: str) -> str | None:
        entries = self.repository.list_files(self.revision, folder, enter=False)
        committed = {each.path: each.object_id for each in entries if each.mode.startswith("100")}
        links = {each.path for each in entries} - committed.keys()
        some = next(iter(committed.values()), "")
        files = self.repository.index_files(folder) or {}
        staged = {
            path: _object_id(content, like=some)
            for path, content in files.items()
            if path not in links
        }
        if staged == committed:
            return None
        listed = "".join(f"{path}\0{each}\0" for path, each in sorted(staged.items()))
        return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:40]


def _object_id(content: bytes, *, like: str) -> str:
    """Give the id that Git gives to a file of *content*, where other ids look *like* that."""
    name = "sha256" if len(like) > 40 else "sha1"  # noqa: PLR2004 - digits of a SHA-1
    whole = b"blob %d\0" % len(content) + content
    return hashlib.new(name, whole, usedforsecurity=False).hexdigest()


def staged_source(repository: Repository) -> StagedSource:
    """
    Read what is staged below ``environments/``.

    Raises:
        SourceError: The repository is bare, or a file has a conflict that nobody has resolved.
    """
    files: Mapping[str, bytes] | None = repository.index_files(ENVIRONMENTS)
    if files is None:
        message = f"{repository.name} is a bare repository, where nothing can be staged"
        raise SourceError(message, remedy="plan a commit instead: sandbox plan --ref REF")
    head = repository.resolve("HEAD") or home_commit(repository)
    return StagedSource(repository=repository, revision=head, files=files)


def staged_environments(repository: Repository) -> tuple[str, ...]:
    """Names of the environments that the index declares, sorted."""
    return find_environments(staged_source(repository))


def load_staged(repository: Repository, environment: str) -> DesiredState:
    """
    Load *environment* as it is staged.

    Raises:
        InvalidComposeError: What is staged is wrong.
        NotFoundError: The index has no such environment.
        SourceError: As in `staged_source`.
    """
    source = staged_source(repository)
    names = find_environments(source)
    if environment not in names:
        message = f"environment {environment!r} does not exist in what is staged"
        raise NotFoundError(message, remedy=nearest(environment, names))
    return load_from(source, environment)

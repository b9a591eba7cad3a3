"""Where committed text comes from: a commit, or for `plan --worktree` the files on disk."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.compose.load import load_environment
from sandbox.compose.source import TreeFile, TreeLink
from sandbox.errors import SourceError
from sandbox.override import override
from sandbox.secrecy.harvest import TEXT_MAX, secrets_of
from sandbox.secrecy.vault import learn, learn_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository

ENVIRONMENTS = "environments"
_REGULAR_MODES = ("100644", "100755")
_LINK_MODE = "120000"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSource:
    """Every file as it is in one commit."""

    repository: Repository
    revision: str

    def read_file(self, path: str) -> bytes | None:
        """Content at the revision; ``None`` when there is no such file."""
        return _learned(path, self.repository.read_file(self.revision, path))

    def list_files(self, folder: str) -> tuple[TreeFile, ...]:
        """Regular files below *folder* at the revision."""
        return tuple(
            TreeFile(path=entry.path, executable=entry.mode == "100755")
            # An environment belongs to this repository: none is looked for in its submodules.
            for entry in self.repository.list_files(
                self.revision, folder, enter=folder != ENVIRONMENTS
            )
            if entry.mode in _REGULAR_MODES
        )

    def list_links(self, folder: str) -> tuple[TreeLink, ...]:
        """Symbolic links below *folder* at the revision."""
        return tuple(
            TreeLink(path=entry.path, leads=self.repository.read_link(self.revision, entry.path))
            for entry in self.repository.list_files(self.revision, folder)
            if entry.mode == _LINK_MODE
        )

    def resolve_release(self, requested: str, contexts: Sequence[str]) -> str:
        """Give the commit that *contexts* are read from."""
        if not requested:
            return self.repository.last_change(self.revision, contexts)
        commit = self.repository.resolve(requested)
        if commit is None:
            message = f"release {requested} is not a commit of this repository"
            remedy = "pin another one: sandbox pin ENV REV"
            if self.repository.is_shallow():
                remedy = (
                    "this clone holds a part of the history; get the rest: git fetch --unshallow"
                )
            raise SourceError(message, remedy=remedy)
        return commit

    def context_id(self, release: str, folder: str) -> str | None:
        """Git tree id of *folder* at *release*."""
        return self.repository.tree_id(release, folder)

    def has_file(self, release: str, folder: str, path: str) -> bool:
        """Tell whether *folder* at *release* has a file at *path*."""
        try:
            found = self.repository.read_file(release, posixpath.normpath(f"{folder}/{path}"))
        except SourceError:
            return True  # what is not on this machine is told by the build, which needs it
        return found is not None


def load_from(source: CommitSource, environment: str) -> DesiredState:
    """
    Load *environment* from *source*; its secrets are hidden in every text from then on.

    Raises:
        InvalidComposeError: The files are wrong.
        SourceError: The release cannot be read.
    """
    name = source.repository.name
    desired = load_environment(environment, source, default_application=name)
    learn(secrets_of(desired))
    return desired


def _learned(path: str, content: bytes | None) -> bytes | None:
    """Hide what looks like a secret in a file of environments, also when that cannot be loaded."""
    if content is not None and path.startswith(f"{ENVIRONMENTS}/"):
        learn_text(content[:TEXT_MAX].decode("utf-8", "replace"))
    return content


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedSource(CommitSource):
    """A commit with some files edited: what a commit of ours would say."""

    edits: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    @override
    def read_file(self, path: str) -> bytes | None:
        """Content of the edit, else at the revision."""
        edit = self.edits.get(path)
        return CommitSource.read_file(self, path) if edit is None else _learned(path, edit)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeSource(CommitSource):
    """Files below ``environments/`` as they are on disk; build contexts still come from commits."""

    files: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    @override
    def read_file(self, path: str) -> bytes | None:
        """Content on disk below ``environments/``, at the revision elsewhere."""
        if path.startswith(f"{ENVIRONMENTS}/"):
            return _learned(path, self.files.get(path))
        return CommitSource.read_file(self, path)

    @override
    def list_files(self, folder: str) -> tuple[TreeFile, ...]:
        """Files below *folder*; on disk every one counts as not executable."""
        if folder != ENVIRONMENTS and not folder.startswith(f"{ENVIRONMENTS}/"):
            return CommitSource.list_files(self, folder)
        return tuple(
            TreeFile(path=path, executable=False)
            for path in sorted(self.files)
            if path.startswith(f"{folder}/")
        )

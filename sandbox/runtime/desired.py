"""Find and load what Git says: which environments there are, and each one's desired state."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.compose.load import find_environments, load_environment
from sandbox.errors import NotFoundError, SourceError
from sandbox.runtime.source import ENVIRONMENTS, CommitSource, WorktreeSource

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository

DEFAULT_BRANCH = "main"


def home_commit(repository: Repository) -> str:
    """
    Give the commit that says which environments there are: of ``main``, else of ``HEAD``.

    Raises:
        SourceError: The repository has no commit yet, or the branch cannot be read.
    """
    commit = repository.resolve(f"refs/heads/{DEFAULT_BRANCH}") or repository.resolve("HEAD")
    if commit is None:
        message = f"{repository.name}: branch {DEFAULT_BRANCH} cannot be read, and HEAD neither"
        raise SourceError(message, remedy="commit something, or restore the branch")
    return commit


def environment_names(repository: Repository) -> tuple[str, ...]:
    """Names of the environments of the home commit, sorted."""
    return find_environments(CommitSource(repository=repository, revision=home_commit(repository)))


def require_environment(repository: Repository, environment: str) -> None:
    """Refuse a name that is no environment with a `NotFoundError` that lists those that are."""
    names = environment_names(repository)
    if environment not in names:
        there_are = ", ".join(names) or "none"
        message = f"environment {environment} does not exist; there are: {there_are}"
        raise NotFoundError(message, remedy=f"commit {ENVIRONMENTS}/{environment}/compose.yaml")


def load_tracked(repository: Repository, environment: str) -> DesiredState:
    """
    Load *environment* at the head of the branch that it tracks.

    Raises:
        InvalidComposeError: The committed files are wrong.
        NotFoundError: The environment is not in the commit.
        SourceError: The branch or the release cannot be read.
    """
    home = load_at(repository, environment, home_commit(repository))
    branch = home.settings.track
    commit = repository.resolve(f"refs/heads/{branch}")
    if commit is None:
        message = (
            f"{environment}: branch {branch}, which it tracks, does not exist or is unreadable"
        )
        raise SourceError(message, remedy=f"restore it: git branch {branch} COMMIT")
    return home if commit == home.revision else load_at(repository, environment, commit)


def load_ref(repository: Repository, environment: str, ref: str) -> DesiredState:
    """Load *environment* at a branch, tag or commit that a person named."""
    commit = repository.resolve(ref)
    if commit is None:
        message = f"revision {ref} does not exist"
        raise NotFoundError(message, remedy="see: git log --oneline --all")
    return load_at(repository, environment, commit)


def load_worktree(repository: Repository, environment: str) -> DesiredState:
    """Load *environment* from the uncommitted files below ``environments/``."""
    files = repository.worktree_files(ENVIRONMENTS)
    if files is None:
        message = f"{repository.name} is a bare repository and has no work tree"
        raise SourceError(message, remedy="plan a commit instead: sandbox plan --ref REF")
    head = repository.resolve("HEAD") or home_commit(repository)
    source = WorktreeSource(repository=repository, revision=head, files=files)
    return load_environment(environment, source, default_application=repository.name)


@lru_cache(maxsize=128)
def load_at(repository: Repository, environment: str, commit: str) -> DesiredState:
    """Load *environment* at *commit*; a commit never changes, so the answer is kept."""
    source = CommitSource(repository=repository, revision=commit)
    if environment not in find_environments(source):
        message = f"{ENVIRONMENTS}/{environment}/compose.yaml is no environment in {commit[:7]}"
        raise NotFoundError(message, remedy="restore the file, or: sandbox down " + environment)
    return load_environment(environment, source, default_application=repository.name)

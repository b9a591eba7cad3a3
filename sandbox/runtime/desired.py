"""Find and load what Git says: which environments there are, and each one's desired state."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.compose.load import find_environments
from sandbox.delivery.pin import NAME, set_release
from sandbox.errors import NotFoundError, SandboxError, SourceError
from sandbox.runtime.source import (
    ENVIRONMENTS,
    CommitSource,
    EditedSource,
    WorktreeSource,
    load_from,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository
    from sandbox.runtime.workspace import Workspace

DEFAULT_BRANCH = "main"
RECENT = 10


def home_commit(repository: Repository) -> str:
    """
    Give the commit that says which environments there are: of ``main``, else of ``HEAD``.

    Raises:
        SourceError: The repository has no commit yet, or the branch cannot be read.
    """
    commit = _branch_commit(repository, DEFAULT_BRANCH) or repository.resolve("HEAD")
    if commit is None:
        message = f"{repository.name}: there is no branch {DEFAULT_BRANCH}, and HEAD has no commit"
        raise SourceError(
            message,
            remedy=f"commit something, or restore the branch: git branch {DEFAULT_BRANCH} COMMIT",
        )
    return commit


def _branch_commit(repository: Repository, branch: str) -> str | None:
    """Give the commit of *branch*; refuse a damaged one, which is not the same as none."""
    commit = repository.resolve(f"refs/heads/{branch}")
    if commit is None:
        repository.resolve(branch)
    return commit


def environment_names(repository: Repository) -> tuple[str, ...]:
    """Names of the environments of the home commit, sorted."""
    return find_environments(CommitSource(repository=repository, revision=home_commit(repository)))


def require_environment(repository: Repository, environment: str) -> None:
    """Refuse a name that is no environment with a `NotFoundError` that lists those that are."""
    names = environment_names(repository)
    if environment not in names:
        raise no_such_environment(environment, names)


def no_such_environment(name: str, known: Sequence[str]) -> NotFoundError:
    """The error that names what was meant perhaps, and those that are."""
    return NotFoundError(f"environment {name!r} does not exist", remedy=_nearest(name, known))


def load_tracked(repository: Repository, environment: str) -> DesiredState:
    """
    Load *environment* at the head of the branch that it tracks.

    Raises:
        InvalidComposeError: The committed files are wrong.
        NotFoundError: The environment is not in the commit.
        SourceError: The branch or the release cannot be read.
    """
    home = load_at(repository, environment, home_commit(repository))
    commit = _tracked_commit(repository, home)
    return home if commit == home.revision else load_at(repository, environment, commit)


def subject_of(repository: Repository, revision: str) -> str:
    """First line of the message of a commit; empty when there is none (any more)."""
    try:
        return repository.commit_info(revision).subject if revision else ""
    except SandboxError:
        return ""


def know_secrets(workspace: Workspace) -> None:
    """
    Load every environment as it is and as it was, to hide its secrets in what is shown of its past.
    """
    repository = workspace.repository
    with suppress(SandboxError):
        for environment in environment_names(repository):
            with suppress(SandboxError):
                load_tracked(repository, environment)
    newest = workspace.journal.syncs(limit=RECENT)
    for environment, revision in {(each.environment, each.revision) for each in newest}:
        with suppress(SandboxError):
            load_at(repository, environment, revision)


def attempted_commit(repository: Repository, environment: str) -> str:
    """Give the commit that `load_tracked` fails at; empty when not even that can be found."""
    try:
        commit = home_commit(repository)
    except SandboxError:
        return ""
    try:
        return _tracked_commit(repository, load_at(repository, environment, commit))
    except SandboxError:
        return commit


def _tracked_commit(repository: Repository, home: DesiredState) -> str:
    branch = home.settings.track
    commit = _branch_commit(repository, branch)
    if commit is None:
        message = f"{home.environment}: branch {branch}, which it tracks, does not exist"
        raise SourceError(message, remedy=f"restore it: git branch {branch} COMMIT")
    return commit


def load_ref(repository: Repository, environment: str, ref: str) -> DesiredState:
    """Load *environment* at a branch, tag or commit that a person named."""
    commit = repository.resolve(ref)
    if commit is None:
        message = f"revision {ref!r} does not exist"
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
    return load_from(source, environment)


@lru_cache(maxsize=128)
def load_at(repository: Repository, environment: str, commit: str) -> DesiredState:
    """Load *environment* at *commit*; a commit never changes, so the answer is kept."""
    source = CommitSource(repository=repository, revision=commit)
    if environment not in find_environments(source):
        remedy = f"restore it and commit, or give the environment up: sandbox down {environment}"
        raise NotFoundError(_vanished(source, environment), remedy=remedy)
    return load_from(source, environment)


def load_unpinned(repository: Repository, environment: str, commit: str) -> DesiredState:
    """
    Load *environment* at *commit* with its own source: what its ``.env`` pins does not count.

    Raises:
        InvalidComposeError: The committed files are wrong.
        NotFoundError: The environment is not in the commit.
        SourceError: The release is pinned elsewhere than in ``.env``.
    """
    path = f"{ENVIRONMENTS}/{environment}/.env"
    text = (repository.read_file(commit, path) or b"").decode()
    edits = {path: set_release(text, "", place=path).encode()} if NAME in text else {}
    source = EditedSource(repository=repository, revision=commit, edits=edits)
    if environment not in find_environments(source):
        raise NotFoundError(_vanished(source, environment))
    desired = load_from(source, environment)
    if desired.settings.release:
        message = f"{environment} pins its release elsewhere than by RELEASE in its .env"
        remedy = "say x-sandbox: {release: '${RELEASE:-}'} in compose.yaml"
        raise SourceError(message, remedy=remedy)
    return desired


def _vanished(source: CommitSource, environment: str) -> str:
    file = f"{ENVIRONMENTS}/{environment}/compose.yaml"
    content = source.read_file(file)
    if content is None:
        why = "the file is gone"
    elif not content.strip():
        why = "the file is empty"
    else:
        why = "the file has no top-level x-sandbox"
    return f"{file}: {why} in {source.revision[:7]}; what runs is left alone"


def _nearest(name: str, known: Sequence[str]) -> str:
    there_are = f"there are: {', '.join(known)}" if known else "there is none"
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? {there_are}" if close else there_are

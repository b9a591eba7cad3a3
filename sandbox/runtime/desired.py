"""Find and load what Git says: which environments there are, and each one's desired state."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.compose.load import find_environments
from sandbox.delivery.pin import NAME, set_release
from sandbox.errors import NotFoundError, SandboxError, SourceError
from sandbox.runtime.source import ENVIRONMENTS, CommitSource, EditedSource, load_from
from sandbox.runtime.whereabouts import (
    branch_commit,
    environments_at,
    home_commit,
    nearest,
    no_such_environment,
    no_such_revision,
    no_tracked_branch,
    not_on_branch,
    worktree_source,
)

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository
    from sandbox.runtime.workspace import Workspace

RECENT = 10


def environment_names(repository: Repository) -> tuple[str, ...]:
    """Names of the environments of the home commit, sorted."""
    return environments_at(repository, home_commit(repository))


def require_environment(repository: Repository, environment: str) -> None:
    """Refuse a name that is no environment with a `NotFoundError` that says where it is instead."""
    names = environment_names(repository)
    if environment not in names:
        raise no_such_environment(repository, environment, names)


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
    if commit == home.revision:
        return home
    if environment not in environments_at(repository, commit):
        raise not_on_branch(repository, environment, home.settings.track, commit)
    return load_at(repository, environment, commit)


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
    commit = branch_commit(repository, branch)
    if commit is None:
        raise no_tracked_branch(repository, home.environment, branch)
    return commit


def load_ref(repository: Repository, environment: str, ref: str) -> DesiredState:
    """Load *environment* at a branch, tag or commit that a person named."""
    commit = ref_commit(repository, ref)
    names = environments_at(repository, commit)
    if environment not in names:
        message = f"environment {environment!r} does not exist at {ref} ({commit[:7]})"
        raise NotFoundError(message, remedy=nearest(environment, names))
    return load_at(repository, environment, commit)


def ref_commit(repository: Repository, ref: str) -> str:
    """Give the commit of a branch, tag or (short) id that a person named."""
    commit = repository.resolve(ref)
    if commit is None:
        raise no_such_revision(repository, ref)
    return commit


def load_worktree(repository: Repository, environment: str) -> DesiredState:
    """Load *environment* from the uncommitted files below ``environments/``."""
    source = worktree_source(repository)
    names = find_environments(source)
    if environment not in names:
        message = f"environment {environment!r} does not exist in the work tree"
        raise NotFoundError(message, remedy=nearest(environment, names))
    return load_from(source, environment)


@lru_cache(maxsize=128)
def load_at(repository: Repository, environment: str, commit: str) -> DesiredState:
    """Load *environment* at *commit*; a commit never changes, so the answer is kept."""
    source = CommitSource(repository=repository, revision=commit)
    if environment not in environments_at(repository, commit):
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
    if environment not in environments_at(repository, commit):
        raise NotFoundError(_vanished(source, environment))
    desired = load_from(source, environment)
    if desired.settings.release:
        message = f"{environment} pins its release elsewhere than by RELEASE in {path}"
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

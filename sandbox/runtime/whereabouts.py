"""
Which commit says what environments there are, and where else one is that this commit lacks.

Errors of this module name what was looked at, and a command that helps.
"""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.compose.load import find_environments
from sandbox.errors import NotFoundError, SandboxError, SourceError
from sandbox.runtime.source import ENVIRONMENTS, CommitSource, WorktreeSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.ports import Repository

DEFAULT_BRANCH = "main"
BEGIN = (
    "commit environments/<name>/compose.yaml with a top-level x-sandbox, "
    "or begin with: sandbox init DIR"
)


def home_commit(repository: Repository) -> str:
    """
    Give the commit that says which environments there are: of ``main``, else of ``HEAD``.

    Raises:
        SourceError: The repository has no commit yet, or the branch cannot be read.
    """
    commit = branch_commit(repository, DEFAULT_BRANCH) or repository.resolve("HEAD")
    if commit is None:
        message = f"{repository.name}: there is no branch {DEFAULT_BRANCH}, and HEAD has no commit"
        remotes = repository.remote_branches(DEFAULT_BRANCH)
        restore = remotes[0] if remotes else "COMMIT"
        raise SourceError(
            message,
            remedy="commit something, or restore the branch: "
            f"git branch {DEFAULT_BRANCH} {restore}",
        )
    return commit


def branch_commit(repository: Repository, branch: str) -> str | None:
    """Give the commit of *branch*; refuse a damaged one, which is not the same as none."""
    commit = repository.resolve(f"refs/heads/{branch}")
    if commit is None:
        repository.resolve(branch)
    return commit


@lru_cache(maxsize=128)
def environments_at(repository: Repository, commit: str) -> tuple[str, ...]:
    """Names of the environments of *commit*, sorted; a commit never changes, so they are kept."""
    return find_environments(CommitSource(repository=repository, revision=commit))


def worktree_source(repository: Repository) -> WorktreeSource:
    """
    Read the files on disk below ``environments/``, and the rest from what is checked out.

    Raises:
        SourceError: The repository is bare.
    """
    files = repository.worktree_files(ENVIRONMENTS)
    if files is None:
        message = f"{repository.name} is a bare repository and has no work tree"
        raise SourceError(message, remedy="plan a commit instead: sandbox plan --ref REF")
    head = repository.head().commit or home_commit(repository)
    return WorktreeSource(repository=repository, revision=head, files=files)


def looked_at(repository: Repository, home: str) -> str:
    """Name the commit *home*, that of `home_commit`, for people."""
    if repository.resolve(f"refs/heads/{DEFAULT_BRANCH}"):
        return f"branch {DEFAULT_BRANCH} ({home[:7]})"
    return f"{repository.head().text}, as there is no branch {DEFAULT_BRANCH}"


def branch_note(repository: Repository) -> str:
    """Say that another commit is looked at than the one that is checked out; empty if it is not."""
    home, head = home_commit(repository), repository.head()
    if head.commit in {"", home}:
        return ""
    return (
        f"note: {looked_at(repository, home)} is looked at; {head.text} is checked out: "
        f"sandbox plan --ref {head.ref}"
    )


def no_such_environment(
    repository: Repository, environment: str, known: Sequence[str]
) -> NotFoundError:
    """The error that says where *environment* was looked for, and where it is instead."""
    message, place = f"environment {environment!r} does not exist", ""
    with suppress(SandboxError):  # Git may be what is broken
        home = home_commit(repository)
        message = f"{message} on {looked_at(repository, home)}"
        place = _elsewhere(repository, home, environment)
    return NotFoundError(message, remedy=place or nearest(environment, known))


def no_environments(repository: Repository) -> NotFoundError:
    """The error that says where environments were looked for, and where there are some."""
    home = home_commit(repository)
    return NotFoundError(
        f"there is no environment on {looked_at(repository, home)}",
        remedy=_elsewhere(repository, home, "") or BEGIN,
    )


def no_such_revision(repository: Repository, revision: str) -> NotFoundError:
    """The error that says where *revision* may be."""
    remotes = repository.remote_branches(revision)
    if remotes:
        remedy = f"there is no such branch here; name the one of the remote: {remotes[0]}"
    elif repository.is_shallow():
        remedy = "this clone holds a part of the history; get the rest: git fetch --unshallow"
    else:
        remedy = "see: git log --oneline --all"
    return NotFoundError(f"revision {revision!r} does not exist", remedy=remedy)


def no_tracked_branch(repository: Repository, environment: str, branch: str) -> SourceError:
    """The error that says how to get *branch*, and how to do without."""
    remotes, head = repository.remote_branches(branch), repository.head()
    if remotes:
        remedy = f"make it: git branch {branch} {remotes[0]}"
    elif branch == DEFAULT_BRANCH and head.commit:
        remedy = f"make it: git branch {branch} {head.ref}"
    else:
        remedy = f"restore it: git branch {branch} COMMIT"
    if head.commit:
        remedy += f"; or look at what is checked out: sandbox plan {environment} --ref HEAD"
    message = f"{environment}: branch {branch}, which it tracks, does not exist here"
    return SourceError(message, remedy=remedy)


def not_on_branch(
    repository: Repository, environment: str, branch: str, commit: str
) -> NotFoundError:
    """The error of an environment that the branch it tracks does not hold."""
    there = looked_at(repository, home_commit(repository))
    return NotFoundError(
        f"{environment} is declared on {there}, but not on branch {branch} ({commit[:7]}), which "
        "it tracks; what runs is left alone",
        remedy=f"bring it there: git switch {branch} && git merge {DEFAULT_BRANCH}; "
        f"or give the environment up: sandbox down {environment}",
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """Name what was meant perhaps, and those that there are."""
    there_are = f"there are: {', '.join(known)}" if known else "there is none"
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}? {there_are}" if close else there_are


def _elsewhere(repository: Repository, home: str, environment: str) -> str:
    """
    Say that *environment* (any, when empty) is checked out or on disk only, and what to do then.
    """
    head = repository.head()
    if head.commit not in {"", home}:
        found = environments_at(repository, head.commit)
        if environment in found or (found and not environment):
            what = environment or ", ".join(found)
            plan = f"sandbox plan {environment} --ref {head.ref}".replace("  ", " ")
            merge = f"git switch {DEFAULT_BRANCH} && git merge {head.branch or head.commit[:7]}"
            return f"{what}: only on {head.text}; look: {plan}; bring it to main: {merge}"
    if repository.worktree_files(ENVIRONMENTS) is None:
        return ""
    found = find_environments(worktree_source(repository))
    if environment in found or (found and not environment):
        what = environment or ", ".join(found)
        plan = f"sandbox plan {environment} --worktree".replace("  ", " ")
        commit = f"git add {ENVIRONMENTS}/{environment} && git commit"
        return f"{what}: only in the work tree; look: {plan}; commit it: {commit}"
    return ""

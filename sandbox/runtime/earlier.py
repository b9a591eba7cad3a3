"""Which release an environment can go back to, and what stays behind when it does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.delivery.rollback import last_good, last_other, staying_migrations
from sandbox.errors import NotFoundError, SandboxError
from sandbox.runtime.desired import load_at
from sandbox.runtime.source import ENVIRONMENTS
from sandbox.runtime.wanted import SYNCS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.promotion import Candidate, Migration
    from sandbox.runtime.workspace import Workspace

COMMITS = 100
"""How far back the history of an environment's `.env` is read where the journal tells nothing."""


def earlier_release(workspace: Workspace, desired: DesiredState) -> Candidate:
    """
    Find the last good release before the one that *desired* asks for.

    The journal knows what went well; of the time before it began, Git still knows what was asked
    for.

    Raises:
        NotFoundError: Neither knows any.
    """
    environment = desired.environment
    quarantine = workspace.journal.quarantined(environment)
    refused = {quarantine.revision} if quarantine else set[str]()
    records = workspace.journal.syncs(environment, limit=SYNCS)
    there = {release: _is_there(workspace, release) for release in {r.release for r in records}}
    known = [record for record in records if there[record.release]]
    found = last_good(known, wanted=desired.release, refused=refused) or last_other(
        _asked_for(workspace, desired, before=records[-1].revision if records else ""),
        wanted=desired.release,
        refused=refused | {record.release for record in records},
    )
    if found is None:
        raise NotFoundError(
            f"{environment} has no earlier release to go back to",
            remedy=f"name one: sandbox rollback {environment} --to REV",
        )
    return found


def staying(workspace: Workspace, desired: DesiredState, release: str) -> tuple[Migration, ...]:
    """Give the migrations of the release of *desired* that *release* does not have."""
    read = partial(_migrations, workspace, desired)
    return staying_migrations(read(desired.release), read(release))


def _migrations(workspace: Workspace, desired: DesiredState, release: str) -> dict[str, bytes]:
    folders = {
        f"{service.build.context}/{service.migrations}".removeprefix("./")
        for service in desired.services
        if service.build and service.migrations
    }
    repository = workspace.repository
    return {
        entry.path: repository.read_file(release, entry.path) or b""
        for folder in sorted(folders)
        for entry in repository.list_files(release, folder)
    }


def _is_there(workspace: Workspace, release: str) -> bool:
    return bool(release) and workspace.repository.resolve(release) is not None


def _asked_for(
    workspace: Workspace, desired: DesiredState, *, before: str
) -> Iterator[tuple[str, str]]:
    """
    Yield commits that changed the environment's `.env`, newest first, and their release.

    Args:
        before: Only those that this commit holds, for the journal knows what came of the others;
            empty for all.
    """
    path = f"{ENVIRONMENTS}/{desired.environment}/.env"
    for commit in workspace.repository.history(desired.revision, (path,), limit=COMMITS):
        try:
            if before and not workspace.repository.is_ancestor(commit.id, before):
                continue
            yield commit.id, load_at(workspace.repository, desired.environment, commit.id).release
        except SandboxError:  # what could not be used then cannot be gone back to
            continue

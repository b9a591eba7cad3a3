"""What would change: plans that nobody executes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.compose.committed import load_committed
from sandbox.compose.load import find_environments
from sandbox.errors import NotFoundError
from sandbox.planning.forecast import forecast
from sandbox.planning.plan import plan_sync
from sandbox.runtime.desired import (
    environment_names,
    load_ref,
    load_worktree,
    ref_commit,
    require_environment,
)
from sandbox.runtime.file_warnings import file_warnings
from sandbox.runtime.observe import observe
from sandbox.runtime.source import CommitSource
from sandbox.runtime.staged import load_staged, staged_environments
from sandbox.runtime.sync import refuse_unmeant_emptiness
from sandbox.runtime.wanted import last_applied, load_wanted, policy_of
from sandbox.runtime.whereabouts import (
    BEGIN,
    environments_at,
    no_environments,
    worktree_source,
)

if TYPE_CHECKING:
    from sandbox.compose.project import Project
    from sandbox.model.desired import DesiredState
    from sandbox.model.forecast import Forecast
    from sandbox.model.plan import Plan
    from sandbox.model.quarantine import Quarantine
    from sandbox.runtime.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """
    A plan that nobody executes.

    Attributes:
        warnings: What the files warn of.
        quarantine: Why the plan is the way back to an earlier commit; ``None`` when it is not.
    """

    plan: Plan
    desired: DesiredState
    forecast: Forecast
    warnings: tuple[str, ...]
    quarantine: Quarantine | None = None


def preview_plan(
    workspace: Workspace,
    environment: str,
    *,
    ref: str | None = None,
    worktree: bool = False,
    staged: bool = False,
) -> Preview:
    """
    Plan *environment* at what it tracks, at *ref*, from the files on disk or from what is staged.

    Changes nothing.

    Raises:
        InvalidComposeError, NotFoundError, SourceError, HeldError, EngineUnreachableError: As in
            `sync.look`.
    """
    desired = load_desired(workspace, environment, ref=ref, worktree=worktree, staged=staged)
    refuse_unmeant_emptiness(desired)
    quarantine = workspace.journal.quarantined(environment)
    if quarantine is not None and quarantine.serving != desired.revision:
        quarantine = None
    policy = policy_of(workspace, desired, quarantine, replace(workspace.policy, retry_jobs=True))
    plan = plan_sync(desired, observe(workspace, desired), policy)
    applied = last_applied(workspace, environment) if workspace.edge_port else None
    expected = forecast(plan, desired, applied)
    return Preview(
        plan=plan,
        desired=desired,
        forecast=expected,
        warnings=file_warnings(workspace, desired),
        quarantine=quarantine,
    )


def load_desired(
    workspace: Workspace,
    environment: str,
    *,
    ref: str | None = None,
    worktree: bool = False,
    staged: bool = False,
) -> DesiredState:
    """Load *environment* as it is wanted now, at *ref*, from disk, or as it is staged."""
    if staged:
        return load_staged(workspace.repository, environment)
    if worktree:
        return load_worktree(workspace.repository, environment)
    if ref is not None:
        return load_ref(workspace.repository, environment, ref)
    require_environment(workspace.repository, environment)
    return load_wanted(workspace, environment).desired


def declared_environments(
    workspace: Workspace, *, ref: str | None = None, worktree: bool = False, staged: bool = False
) -> tuple[str, ...]:
    """
    Names of the environments of *ref*, on disk, or staged; by default those that there are.

    Raises:
        NotFoundError: There is none, or no such revision.
    """
    repository = workspace.repository
    if staged:
        return staged_environments(repository)
    if worktree:
        found, place = find_environments(worktree_source(repository)), "in the work tree"
    elif ref is not None:
        commit = ref_commit(repository, ref)
        found, place = environments_at(repository, commit), f"at {ref} ({commit[:7]})"
    else:
        found, place = environment_names(repository), ""
    if not found:
        message = f"there is no environment {place}"
        raise NotFoundError(message, remedy=BEGIN) if place else no_environments(repository)
    return found


def load_config(
    workspace: Workspace, environment: str, *, ref: str | None = None
) -> tuple[Project, tuple[str, ...]]:
    """
    Load the files of *environment* at what it tracks, or at *ref*, as Compose prints them.

    Returns:
        The files as one, and what they warn of, as in a `Preview`.
    """
    desired = load_desired(workspace, environment, ref=ref)
    source = CommitSource(repository=workspace.repository, revision=desired.revision)
    project = load_committed(environment, source, desired.release)
    return project, file_warnings(workspace, desired)

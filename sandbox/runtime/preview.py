"""What would change: plans that nobody executes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.compose.committed import load_committed
from sandbox.planning.plan import plan_sync
from sandbox.runtime.desired import load_ref, load_worktree, require_environment
from sandbox.runtime.observe import observe
from sandbox.runtime.source import CommitSource
from sandbox.runtime.sync import refuse_unmeant_emptiness
from sandbox.runtime.wanted import load_wanted, policy_of

if TYPE_CHECKING:
    from sandbox.compose.project import Project
    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import Plan
    from sandbox.runtime.workspace import Workspace


def preview_plan(
    workspace: Workspace, environment: str, *, ref: str | None = None, worktree: bool = False
) -> tuple[Plan, DesiredState]:
    """
    Plan *environment* at what it tracks, at *ref*, or from the files on disk; changes nothing.

    Raises:
        InvalidComposeError, NotFoundError, SourceError, HeldError, EngineUnreachableError: As in
            `sync.look`.
    """
    desired = load_desired(workspace, environment, ref=ref, worktree=worktree)
    refuse_unmeant_emptiness(desired)
    quarantine = workspace.journal.quarantined(environment)
    if quarantine is not None and quarantine.serving != desired.revision:
        quarantine = None
    policy = policy_of(workspace, desired, quarantine, replace(workspace.policy, retry_jobs=True))
    return plan_sync(desired, observe(workspace, desired), policy), desired


def load_desired(
    workspace: Workspace, environment: str, *, ref: str | None = None, worktree: bool = False
) -> DesiredState:
    """Load *environment* as it is wanted now, at *ref*, or from the files on disk."""
    if worktree:
        return load_worktree(workspace.repository, environment)
    if ref is not None:
        return load_ref(workspace.repository, environment, ref)
    require_environment(workspace.repository, environment)
    return load_wanted(workspace, environment).desired


def load_config(workspace: Workspace, environment: str) -> Project:
    """Load the files of *environment* at what it tracks, as Compose would print them."""
    desired = load_desired(workspace, environment)
    source = CommitSource(repository=workspace.repository, revision=desired.revision)
    return load_committed(environment, source, desired.release)

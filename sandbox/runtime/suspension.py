"""Leave an environment alone for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.event import Event, EventKind
from sandbox.model.status import Suspension
from sandbox.runtime.desired import require_environment
from sandbox.runtime.person import person

if TYPE_CHECKING:
    from sandbox.runtime.workspace import Workspace


def suspend(
    workspace: Workspace, environment: str, *, reason: str = "", for_s: float | None = None
) -> Suspension:
    """Reconcile nothing in *environment* until `resume`, or for *for_s* seconds."""
    require_environment(workspace.repository, environment)
    now = workspace.clock.now()
    suspension = Suspension(
        environment=environment,
        reason=reason,
        since=now,
        until=now + for_s if for_s else 0.0,
        author=person(),
    )
    workspace.journal.suspend(suspension)
    span = f", for {for_s:g} s" if for_s else ""
    who = f", by {suspension.author}" if suspension.author else ""
    told = f"{reason or 'no reason given'}{span}{who}"
    _tell(workspace, environment, EventKind.SUSPENDED, told)
    return suspension


def resume(workspace: Workspace, environment: str) -> bool:
    """End a suspension; false when there was none."""
    require_environment(workspace.repository, environment)
    ended = active_suspension(workspace, environment) is not None
    workspace.journal.resume(environment)
    if ended:
        _tell(workspace, environment, EventKind.RESUMED, "reconciled again")
    return ended


def active_suspension(workspace: Workspace, environment: str) -> Suspension | None:
    """Give the suspension that holds now."""
    now = workspace.clock.now()
    for suspension in workspace.journal.suspensions():
        if suspension.environment == environment and not 0.0 < suspension.until <= now:
            return suspension
    return None


def is_over(workspace: Workspace, suspension: Suspension) -> bool:
    """Tell whether *suspension* ended by itself, and nobody ended or replaced it before."""
    over = 0.0 < suspension.until <= workspace.clock.now()
    return over and suspension in workspace.journal.suspensions()


def _tell(workspace: Workspace, environment: str, kind: EventKind, message: str) -> None:
    now = workspace.clock.now()
    workspace.journal.record_event(
        Event(at=now, environment=environment, kind=kind, message=message)
    )

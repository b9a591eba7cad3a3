"""Wait for an environment: finite, never for what cannot come, and it names what it waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.delivery.quarantine import quarantine_remedy, quarantine_text
from sandbox.errors import DeadlineError, HeldError
from sandbox.model.status import EnvironmentStatus, Health, SyncStatus
from sandbox.runtime.desired import ref_commit
from sandbox.runtime.suspension import active_suspension
from sandbox.runtime.under_way import syncing_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

LOOK_S = 0.2
HELD_S = 1.0
"""What holds it back must do so for this long: a sync may be about to begin."""
NOBODY_S = 5.0
"""A controller that is being started needs no longer."""


def wait_for(
    workspace: Workspace,
    control: Control,
    environment: str,
    *,
    revision: str | None,
    healthy: bool,
    timeout_s: float,
    on_status: Callable[[EnvironmentStatus], None],
) -> EnvironmentStatus:
    """
    Return when *environment* is in sync, at *revision* if given, and healthy if asked.

    Raises:
        DeadlineError: It was not within *timeout_s* seconds.
        HeldError: It will not be, unless somebody acts; told as soon as it is known.
        NotFoundError: No such environment or revision.
    """
    commit = ref_commit(workspace.repository, revision) if revision else ""
    clock = workspace.clock
    deadline = clock.monotonic() + timeout_s
    held_since: float | None = None
    while True:
        (status,) = control.status((environment,))
        if _is_there(status, commit, healthy=healthy):
            return status
        on_status(status)
        now = clock.monotonic()
        error, patience_s = _in_vain(workspace, status, commit, deadline - now)
        held_since = (held_since or now) if error else None
        if error and held_since is not None and now - held_since >= patience_s:
            raise error
        if now >= deadline:
            raise _too_late(status, commit, timeout_s, healthy=healthy)
        clock.sleep(LOOK_S)


def lasting_hold(workspace: Workspace, status: EnvironmentStatus) -> HeldError | None:
    """Say why *status* will not change for the better by itself; ``None`` when it may."""
    if not status.held or syncing_now(workspace, status.name):
        return None
    return HeldError(f"{status.name}: {'; '.join(status.held)}", remedy=status.next_step)


def _in_vain(
    workspace: Workspace, status: EnvironmentStatus, commit: str, left_s: float
) -> tuple[HeldError | None, float]:
    """Why to wait on is in vain, and how many seconds that must last to be believed."""
    name = status.name
    # A status may be older than the end of a suspension.
    suspension = active_suspension(workspace, name) if status.suspension else None
    if suspension is not None:
        ends_in_time = 0.0 < suspension.until <= workspace.clock.now() + left_s
        error = HeldError(f"{name} is suspended", remedy=f"sandbox resume {name}")
        return (None if ends_in_time else error), 0.0
    if commit and commit != status.revision and _is_past(workspace, status, commit):
        message = f"{name} follows {status.branch}, which is past {commit[:7]} already"
        return HeldError(message, remedy=f"wait for {status.revision[:7]} instead"), 0.0
    quarantine = workspace.journal.quarantined(name)
    if quarantine is not None and quarantine.revision == status.revision:
        # A fact of the journal: neither the sync back nor time ends it.
        message = f"{name}: {quarantine_text(quarantine)}"
        return HeldError(message, remedy=quarantine_remedy(quarantine)), 0.0
    if hold := lasting_hold(workspace, status):
        return hold, HELD_S
    if (
        status.sync is SyncStatus.OUT_OF_SYNC
        and not status.reconciled
        and workspace.lock.holder() is None
    ):
        message = f"{name} is not in sync, and no controller runs that would bring it there"
        return HeldError(message, remedy=f"sandbox up {name}"), NOBODY_S
    return None, 0.0


def _is_past(workspace: Workspace, status: EnvironmentStatus, commit: str) -> bool:
    return bool(status.revision) and workspace.repository.is_ancestor(commit, status.revision)


def _is_there(status: EnvironmentStatus, commit: str, *, healthy: bool) -> bool:
    if commit and status.revision != commit:
        return False
    # Until a sync has ended, nobody can read what it did, and it may still fail.
    if status.sync is not SyncStatus.SYNCED or status.syncing is not None:
        return False
    return status.health is Health.HEALTHY or not healthy


def _too_late(
    status: EnvironmentStatus, commit: str, timeout_s: float, *, healthy: bool
) -> DeadlineError:
    wanted = (
        "in sync" + (f" with {commit[:7]}" if commit else "") + (" and healthy" if healthy else "")
    )
    waited_for = [f"{item.name}: {item.message}" for item in status.services if item.message]
    detail = "; ".join(waited_for) or status.message
    sync = status.sync.value.replace("_", " ")
    message = (
        f"{status.name} is not {wanted} after {timeout_s:g} s: {sync} with"
        f" {status.revision[:7] or 'no revision'}, {status.health}"
    )
    return DeadlineError(f"{message}; {detail}" if detail else message, remedy=status.next_step)

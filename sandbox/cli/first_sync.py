"""
Follow an environment until the controller has brought it up, or could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import HeldError, SandboxError
from sandbox.model.event import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus
    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

_ENDS = {EventKind.SYNCED, EventKind.DEGRADED, EventKind.INVALID, EventKind.HELD}


def newest_event(workspace: Workspace) -> int:
    """
    Number of the newest event; follow from here to miss nothing that comes.
    """
    events = workspace.journal.events(limit=1)
    # Zero would mean "from now on", and now is later than we want.
    return events[-1][0] if events else -1


def converge(
    workspace: Workspace,
    control: Control,
    before: EnvironmentStatus,
    after: int,
    on_event: Callable[[Event], None],
) -> SyncRecord:
    """
    Wait for the sync that brings an environment up.

    One that a controller has just taken begins by itself. One that was looked after already, or
    does not follow commits by itself, is asked to: a person wants it up now. *before* is where it
    stood before the controller was asked, *after* the number of the newest event then.

    Raises:
        SandboxError: Why it did not come up.
    """
    if before.reconciled or not _follows_commits(workspace, before.name):
        return control.sync(before.name, on_event)
    for _, event in control.events(after=after, stop=lambda: False):
        if event.environment != before.name:
            continue
        on_event(event)
        if event.kind in _ENDS:
            return _end(workspace, event)
    raise SandboxError(
        f"{before.name}: the controller ended before it was up",
        remedy=f"read {workspace.repository.state_folder}/controller.log, then: sandbox up",
    )


def _follows_commits(workspace: Workspace, environment: str) -> bool:
    from sandbox.runtime.preview import load_desired

    try:
        return load_desired(workspace, environment).settings.sync.auto
    except SandboxError:
        return True


def _end(workspace: Workspace, event: Event) -> SyncRecord:
    """
    The record of the sync that *event* ended, or the error that kept it from beginning.
    """
    from sandbox.delivery.quarantine import quarantine_remedy, quarantine_text
    from sandbox.runtime.preview import load_desired

    records = workspace.journal.syncs(event.environment, limit=1)
    quarantine = workspace.journal.quarantined(event.environment)
    if quarantine is not None and records and records[0].revision == quarantine.serving:
        # The newest commit is not what was brought up.
        message = f"{event.environment}: {quarantine_text(quarantine)}"
        raise HeldError(message, remedy=quarantine_remedy(quarantine))
    if event.kind in {EventKind.SYNCED, EventKind.DEGRADED} and records:
        return records[0]
    load_desired(workspace, event.environment)
    raise HeldError(f"{event.environment}: {event.message}")

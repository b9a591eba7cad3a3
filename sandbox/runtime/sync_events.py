"""What a sync tells of itself: that it begins, how it ended, and what is not tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import with_remedy
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome
from sandbox.planning.rerun import rerun_command
from sandbox.words import count

if TYPE_CHECKING:
    from sandbox.model.plan import Plan
    from sandbox.model.quarantine import Quarantine
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.workspace import Workspace


def beginning(workspace: Workspace, plan: Plan) -> Event:
    """Tell how many steps a sync begins with."""
    steps = count(len(plan.steps), "step")
    return Event(
        at=workspace.clock.now(),
        environment=plan.environment,
        kind=EventKind.PLANNED,
        message=f"{steps} to {plan.revision[:7]}",
        revision=plan.revision,
        steps=len(plan.steps),
    )


def conclusion(record: SyncRecord, quarantine: Quarantine | None = None) -> Event:
    """Tell how a sync ended; in a *quarantine* also which newer revision does not run."""
    done = f"{'as far as it may be at' if record.held else 'in sync with'} {record.revision[:7]}"
    if quarantine is not None:
        done += f", the last good revision; {quarantine.revision[:7]} is in quarantine"
    if record.held:
        done += f"; held back: {'; '.join(record.held)}"
    kinds = {Outcome.SUCCEEDED: EventKind.SYNCED, Outcome.ABORTED: EventKind.ABORTED}
    return Event(
        at=record.finished_at,
        environment=record.environment,
        kind=kinds.get(record.outcome, EventKind.DEGRADED),
        message=with_remedy(record.message, record.remedy) if record.message else done,
        revision=record.revision,
        seconds=record.finished_at - record.started_at,
    )


def quarantined(quarantine: Quarantine) -> Event:
    """Tell of a revision that is not tried again."""
    return Event(
        at=quarantine.since,
        environment=quarantine.environment,
        kind=EventKind.QUARANTINED,
        message=(
            f"{quarantine.revision[:7]} is in quarantine and not tried again by itself;"
            f" back to {quarantine.serving[:7]};"
            f" to try it again: {rerun_command(quarantine.environment)}"
        ),
        revision=quarantine.revision,
    )

"""What a sync tells of itself: that it begins, how it ended, and what is not tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import with_remedy
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome

if TYPE_CHECKING:
    from sandbox.model.plan import Plan
    from sandbox.model.quarantine import Quarantine
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.workspace import Workspace


def beginning(workspace: Workspace, plan: Plan) -> Event:
    """Tell how many steps a sync begins with."""
    steps = "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"
    return Event(
        at=workspace.clock.now(),
        environment=plan.environment,
        kind=EventKind.PLANNED,
        message=f"{steps} to {plan.revision[:7]}",
        revision=plan.revision,
        steps=len(plan.steps),
    )


def conclusion(record: SyncRecord) -> Event:
    """Tell how a sync ended."""
    done = f"in sync with {record.revision[:7]}"
    if record.held:
        done = f"as far as it may be at {record.revision[:7]}; held back: {'; '.join(record.held)}"
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
        message=f"{quarantine.revision[:7]} is not tried again; back to {quarantine.serving[:7]}",
        revision=quarantine.revision,
    )

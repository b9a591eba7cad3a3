"""What an environment is to be: the newest commit, or after its failure the last good one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from sandbox.delivery.proof import last_verdicts
from sandbox.delivery.quarantine import (
    asks_the_same,
    failed_services,
    refused_by,
    rolls_back,
)
from sandbox.errors import SandboxError
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome
from sandbox.planning.slot import needs_proof
from sandbox.runtime.desired import load_at, load_tracked
from sandbox.runtime.evidence import gate_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
    from sandbox.model.plan import Hold, Plan, Step, SyncPolicy
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.workspace import Workspace

SYNCS = 200
"""How far back the journal is read for a revision that went well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """
    What to reconcile to.

    Attributes:
        tracked: What the branch says now.
        quarantine: Why *desired* is not that, but the last that went well; ``None`` when it is.
    """

    desired: DesiredState
    tracked: DesiredState
    quarantine: Quarantine | None = None


def load_wanted(workspace: Workspace, environment: str) -> Wanted:
    """
    Load what *environment* is to be now.

    A quarantine ends with a commit that asks for anything else than the one that failed.

    Raises:
        InvalidComposeError, NotFoundError, SourceError: As `load_tracked`.
    """
    tracked = load_tracked(workspace.repository, environment)
    quarantine = workspace.journal.quarantined(environment)
    if quarantine is None or not _asks_for(workspace, tracked, quarantine.revision):
        return Wanted(desired=tracked, tracked=tracked)
    serving = load_at(workspace.repository, environment, quarantine.serving)
    return Wanted(desired=serving, tracked=tracked, quarantine=quarantine)


def last_applied(workspace: Workspace, environment: str) -> DesiredState | None:
    """Load what *environment* was brought to last; ``None`` when it never was or cannot be read."""
    for record in workspace.journal.syncs(environment):
        if record.outcome is Outcome.SUCCEEDED and record.revision:
            try:
                return load_at(workspace.repository, environment, record.revision)
            except SandboxError:
                return None
    return None


def policy_of(
    workspace: Workspace,
    desired: DesiredState,
    quarantine: Quarantine | None,
    policy: SyncPolicy,
) -> SyncPolicy:
    """Complete *policy* for a plan of *desired*, which is the way back when in *quarantine*."""
    way_back = quarantine is not None
    return replace(
        policy,
        prune=desired.settings.sync.prune,
        waiver_file=workspace.waivers(),
        rollback=way_back,
        # Nobody asks for them on the way back.
        gates={} if way_back else last_verdicts(gate_evidence(workspace, desired)),
        # What the jobs of the last good revision did is still done.
        jobs_done=workspace.journal.jobs_done(desired.environment) if way_back else frozenset(),
    )


def is_unjudged(workspace: Workspace, desired: DesiredState, observed: ObservedState) -> bool:
    """
    Tell whether no sync of this revision has gone well yet, and that matters.

    A revision is good only when all that it declares was seen ready under it, also when the
    process that waited for that was killed, and when there was nothing to go back to.
    """
    if not any(map(needs_proof, observed.containers)):
        return False
    return Outcome.SUCCEEDED not in _outcomes(workspace, desired)


def has_failed(workspace: Workspace, desired: DesiredState) -> bool:
    """Tell whether a sync of this revision, the one brought up last, has failed."""
    return Outcome.FAILED in _outcomes(workspace, desired)


def _outcomes(workspace: Workspace, desired: DesiredState) -> set[Outcome]:
    """How the syncs of this revision ended since another was brought up."""
    records = workspace.journal.syncs(desired.environment)
    ours = takewhile(lambda record: record.revision == desired.revision, records)
    return {record.outcome for record in ours}


def quarantine_failed(
    workspace: Workspace,
    desired: DesiredState,
    record: SyncRecord,
    failures: Sequence[tuple[Step, SandboxError]],
    holds: Sequence[Hold] = (),
) -> Quarantine | None:
    """
    Put the revision of *desired* into quarantine if a failure is its own fault.

    Returns:
        The quarantine; ``None`` when none of *failures* is and none of *holds* is of a gate or job
        that failed before, the file does not want to go back by itself, or no other revision ever
        went well: then it is tried again instead.
    """
    services = failed_services(desired, failures) | refused_by(holds)
    if not services or not rolls_back(desired, services):
        return None
    return put_into_quarantine(
        workspace, desired, record.message, remedy=record.remedy, log=record.log
    )


def is_refused(workspace: Workspace, desired: DesiredState, plan: Plan) -> bool:
    """Tell whether exactly this failed before, and there is something to go back to."""
    failed = refused_by(plan.holds)
    return bool(failed and rolls_back(desired, failed) and _last_good(workspace, desired))


def put_into_quarantine(
    workspace: Workspace,
    desired: DesiredState,
    reason: str,
    *,
    remedy: str = "",
    log: tuple[str, ...] = (),
) -> Quarantine | None:
    """Put the revision of *desired* into quarantine if another one ever went well."""
    serving = _last_good(workspace, desired)
    if not serving:
        return None
    quarantine = Quarantine(
        environment=desired.environment,
        revision=desired.revision,
        reason=reason,
        remedy=remedy,
        log=log,
        since=workspace.clock.now(),
        serving=serving,
    )
    workspace.journal.quarantine(quarantine)
    return quarantine


def _last_good(workspace: Workspace, desired: DesiredState) -> str:
    """Find the newest commit that went well and asks for something else; empty when none did."""
    for record in workspace.journal.syncs(desired.environment, limit=SYNCS):
        good = record.outcome is Outcome.SUCCEEDED and record.revision
        if good and not _asks_for(workspace, desired, record.revision):
            return record.revision
    return ""


def _asks_for(workspace: Workspace, desired: DesiredState, revision: str) -> bool:
    """Tell whether *revision* says what *desired* says, whatever else it changed."""
    if desired.revision == revision:
        return True
    try:
        other = load_at(workspace.repository, desired.environment, revision)
    except SandboxError:
        # Rewritten history: nobody can tell any more, and what is there now counts.
        return False
    return asks_the_same(other, desired)

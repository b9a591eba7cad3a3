"""Where an environment stands, looked at now."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sandbox.delivery.quarantine import quarantine_remedy, quarantine_text
from sandbox.delivery.syncing import with_running
from sandbox.errors import EngineError, HeldError, InvalidComposeError, SandboxError
from sandbox.model.plan import HoldReason
from sandbox.model.record import Outcome
from sandbox.model.status import EnvironmentStatus, Health, SyncStatus
from sandbox.planning.deviations import deviation_notes
from sandbox.planning.health import environment_health, service_statuses, sync_status, worst
from sandbox.planning.ownership import claim_text
from sandbox.planning.plan import differences, lasting_holds, plan_sync
from sandbox.planning.serving import Serving, running_ingress, what_serves
from sandbox.planning.steadiness import with_steadiness
from sandbox.planning.urls import urls
from sandbox.runtime.desired import attempted_commit, subject_of
from sandbox.runtime.doors import doors
from sandbox.runtime.evidence import gate_statuses
from sandbox.runtime.file_warnings import file_warnings
from sandbox.runtime.observe import observe
from sandbox.runtime.pins import build_contexts, read_pin
from sandbox.runtime.sites import find_edge
from sandbox.runtime.source import ENVIRONMENTS
from sandbox.runtime.suspension import active_suspension
from sandbox.runtime.sync import hold_text, refuse_unmeant_emptiness
from sandbox.runtime.under_way import syncing_now
from sandbox.runtime.wanted import last_applied, load_wanted, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.desired import DesiredState
    from sandbox.model.edge import EdgeNow
    from sandbox.model.ingress import ServingServer
    from sandbox.model.observed import ObservedState
    from sandbox.model.plan import Plan
    from sandbox.model.quarantine import Quarantine
    from sandbox.runtime.wanted import Wanted
    from sandbox.runtime.workspace import Workspace


def read_status(
    workspace: Workspace,
    environment: str,
    *,
    reconciled: bool = False,
    brake: str = "",
    edge: Callable[[], EdgeNow] | None = None,
    wanted: Wanted | None = None,
) -> EnvironmentStatus:
    """
    Look at *environment* now; what cannot be known is said to be unknown, never raised.

    *reconciled* says that a controller looks after it, *brake* why it waits with a repair. *edge*
    looks where the edge is, for several environments once. *wanted* is what the environment is to
    be; it is loaded when it is not given.
    """
    edge = edge or partial(find_edge, workspace)
    trouble = workspace.journal.trouble()
    status = EnvironmentStatus(
        name=environment,
        reconciled=reconciled,
        notes=(trouble,) if trouble else (),
        suspension=active_suspension(workspace, environment),
        syncing=syncing_now(workspace, environment),
    )
    try:
        wanted = wanted or load_wanted(workspace, environment)
        refuse_unmeant_emptiness(wanted.desired)
    except SandboxError as error:
        return _unreadable(workspace, status, error, edge)
    desired = wanted.desired
    status = _of_source(workspace, status, desired)
    gates = with_running(gate_statuses(workspace, wanted.tracked), status.syncing)
    status = replace(status, gates=gates, warnings=file_warnings(workspace, wanted.tracked))
    status = _of_engine(workspace, status, desired, edge, wanted.quarantine)
    if brake and status.sync is SyncStatus.OUT_OF_SYNC and status.suspension is None:
        next_step = f"sandbox plan {status.name}; repair it now: sandbox sync {status.name}"
        health = worst((status.health, Health.DEGRADED))
        status = replace(status, health=health, message=brake, next_step=next_step)
    return _in_quarantine(workspace, status, wanted.quarantine) if wanted.quarantine else status


def _in_quarantine(
    workspace: Workspace, status: EnvironmentStatus, quarantine: Quarantine
) -> EnvironmentStatus:
    """The newest commit is not what runs, however well that does."""
    suspended = status.suspension is not None
    message = quarantine_text(quarantine)
    return replace(
        status,
        revision=quarantine.revision,
        subject=subject_of(workspace.repository, quarantine.revision),
        serving=quarantine.serving,
        sync=SyncStatus.OUT_OF_SYNC,
        health=status.health if suspended else worst((status.health, Health.DEGRADED)),
        message=message,
        held=(message,),
        next_step=quarantine_remedy(quarantine),
    )


def _unreadable(
    workspace: Workspace,
    status: EnvironmentStatus,
    error: SandboxError,
    edge: Callable[[], EdgeNow],
) -> EnvironmentStatus:
    """The commit is of no use: what runs is left alone, and is told as the last good commit's."""
    last_good = last_applied(workspace, status.name)
    if last_good is not None:
        status = _of_engine(workspace, _of_source(workspace, status, last_good), last_good, edge)
    revision = attempted_commit(workspace.repository, status.name)
    return replace(
        status,
        revision=revision,
        subject=subject_of(workspace.repository, revision),
        sync=SyncStatus.OUT_OF_SYNC if revision else SyncStatus.UNKNOWN,
        message=error.message,
        next_step=error.remedy or "commit a fix; what runs is left alone until then",
        held=(error.message,) if isinstance(error, InvalidComposeError | HeldError) else (),
        pending=(),
    )


def _of_source(
    workspace: Workspace, status: EnvironmentStatus, desired: DesiredState
) -> EnvironmentStatus:
    folders = sorted({ENVIRONMENTS, *build_contexts(desired)})
    edits = workspace.repository.ignored_edits(desired.revision, folders)
    return replace(
        status,
        branch=desired.settings.track,
        revision=desired.revision,
        subject=subject_of(workspace.repository, desired.revision),
        release=desired.release,
        pin=read_pin(workspace, desired),
        urls=urls(desired),
        ignored_edits=edits,
    )


def _of_engine(
    workspace: Workspace,
    status: EnvironmentStatus,
    desired: DesiredState,
    edge: Callable[[], EdgeNow],
    quarantine: Quarantine | None = None,
) -> EnvironmentStatus:
    try:
        observed = observe(workspace, desired)
        entrance = doors(workspace, desired, observed, edge)
    except SandboxError as error:
        return replace(status, message=error.message, next_step=error.remedy)
    policy = policy_of(workspace, desired, quarantine, workspace.policy)
    plan = plan_sync(desired, observed, policy)
    now = workspace.clock.now()
    services = service_statuses(desired, observed, plan.holds, now=now, jobs_done=policy.jobs_done)
    services = with_steadiness(services, workspace.journal.health_records(status.name), now)
    served = what_serves(desired, observed, _servers(workspace, observed))
    services = tuple(
        replace(each, releases=served.releases.get(each.name, ())) for each in services
    )
    sync = sync_status(plan)
    health = environment_health(services)
    failure, remedy = _last_failure(workspace, status)
    if failure and (health is not Health.HEALTHY or sync is not SyncStatus.SYNCED):
        # What is tried again and again is never quite still; it is degraded until it succeeds.
        health = worst((health, Health.DEGRADED))
    else:
        failure = ""
    if status.suspension is not None:
        health = Health.SUSPENDED
    held = [hold_text(desired, hold) for hold in lasting_holds(plan)]
    if sync is SyncStatus.OUT_OF_SYNC:
        held += _left_alone(workspace, status, desired)
    message, next_step = _advice(
        status, sync, health, failure=(failure, remedy), hold=_root_hold(desired, plan)
    )
    return replace(
        status,
        serving=_serving_revision(workspace, desired, served),
        running_releases=tuple(
            sorted({each.release for service in services for each in service.releases})
        ),
        sync=sync,
        health=health,
        services=services,
        urls=(*urls(desired, observed), *entrance.urls),
        edge_pending=entrance.pending,
        notes=(
            *status.notes,
            *entrance.notes,
            *(claim_text(claim) for claim in observed.claims),
            *deviation_notes(desired, observed),
        ),
        message=message,
        next_step=next_step,
        held=tuple(held),
        pending=tuple(f"{step.id}: {step.reason}" for step in differences(plan)),
    )


def _servers(workspace: Workspace, observed: ObservedState) -> tuple[ServingServer, ...] | None:
    """Ask the ingress whom it leads to; ``None`` when it does not answer."""
    container_id = running_ingress(observed)
    if not container_id:
        return ()
    try:
        return workspace.ingress.serving(container_id)
    except EngineError:
        return None


def _serving_revision(workspace: Workspace, desired: DesiredState, served: Serving) -> str:
    """Say which commit serves; empty when nothing does, or when nobody can tell."""
    if served.wanted_only:
        return desired.revision
    if not served.others:
        return ""
    for record in workspace.journal.syncs(desired.environment):
        if record.outcome is Outcome.SUCCEEDED and record.revision:
            return record.revision
    return served.others[0] if len(served.others) == 1 else ""


def _last_failure(workspace: Workspace, status: EnvironmentStatus) -> tuple[str, str]:
    """Why the last sync of this very revision failed, and the remedy; empty when it did not."""
    for record in workspace.journal.syncs(status.name, limit=1):
        failed = record.outcome in (Outcome.FAILED, Outcome.ERRORED)
        if failed and record.revision == status.revision:
            return record.message, record.remedy
    return "", ""


def _left_alone(
    workspace: Workspace, status: EnvironmentStatus, desired: DesiredState
) -> tuple[str, ...]:
    """Why the file wants nothing to be done about what differs; empty when it does not say so."""
    sync = desired.settings.sync
    records = workspace.journal.syncs(status.name, limit=1)
    tried = bool(records) and records[0].revision == status.revision
    if not tried and not sync.auto:
        return ("x-sandbox.sync.auto is false, so nothing acts on this commit by itself",)
    if tried and not sync.self_heal and records[0].outcome is Outcome.SUCCEEDED:
        return ("x-sandbox.sync.self_heal is false, so nothing repairs drift by itself",)
    return ()


def _root_hold(desired: DesiredState, plan: Plan) -> str:
    """What stands in the way of everything else; empty when nothing does."""
    holds = sorted(plan.holds, key=lambda hold: hold.reason is HoldReason.DEPENDENCY_HELD)
    return hold_text(desired, holds[0]) if holds else ""


def _advice(
    status: EnvironmentStatus,
    sync: SyncStatus,
    health: Health,
    *,
    failure: tuple[str, str],
    hold: str,
) -> tuple[str, str]:
    """The one thing to know, and the one thing to do about it."""
    name = status.name
    if status.suspension is not None:
        return (
            f"suspended: {status.suspension.reason or 'no reason given'}",
            f"sandbox resume {name}",
        )
    message, remedy = failure
    if message:
        return message, remedy or f"commit a fix, or look: sandbox logs {name}"
    if hold:
        return hold, f"sandbox plan {name}"
    if status.syncing is not None:
        return "", ""  # it is being done
    if health is Health.MISSING or (sync is SyncStatus.OUT_OF_SYNC and not status.reconciled):
        return "", f"sandbox up {name}"
    if health is Health.DEGRADED:
        return "", f"sandbox logs {name}"
    pin = status.pin
    if pin and pin.behind and pin.proven and health is Health.HEALTHY:
        return "", f"sandbox promote {name}"
    return "", ""

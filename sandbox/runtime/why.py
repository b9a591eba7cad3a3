"""Find out why a service is as it is: asks Git, the engine and the journal; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sandbox.delivery.history import past_deed
from sandbox.delivery.why import (
    changed_places,
    container_facts,
    failures_since,
    find_service,
    introduced,
    last_good,
    own_changes,
    pending,
    restarts,
    spec_hash,
    steps_of,
)
from sandbox.errors import EngineError, NotFoundError, SandboxError, one_line
from sandbox.model.answer import Introduction, Origin, SinceHealthy, StepFact, Why
from sandbox.model.observed import ObservedState
from sandbox.model.plan import Plan
from sandbox.model.status import Health
from sandbox.planning.diff import job_names, present_containers
from sandbox.planning.health import service_statuses
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import SERVICE
from sandbox.planning.plan import plan_sync
from sandbox.planning.routes import INGRESS, routes
from sandbox.planning.steadiness import with_steadiness
from sandbox.runtime.desired import load_at, require_environment
from sandbox.runtime.history import ALL, Chronicle
from sandbox.runtime.observe import observe
from sandbox.runtime.wanted import load_wanted, policy_of
from sandbox.runtime.watched import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.answer import ContainerFact
    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.past import Decision, PastDeed
    from sandbox.model.quarantine import Quarantine
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.workspace import Workspace

COMMITS = 200
"""So far back is looked for the commit that made a service what it is."""
LOG_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What an answer is made from; *plan* is empty when no engine was *seen*."""

    workspace: Workspace
    chronicle: Chronicle
    name: str
    desired: DesiredState
    observed: ObservedState
    seen: bool
    plan: Plan
    records: tuple[SyncRecord, ...]
    jobs_done: frozenset[str]
    quarantine: Quarantine | None
    notes: tuple[str, ...]


def why(workspace: Workspace, environment: str, name: str) -> Why:
    """
    Say why the service *name* of *environment* is as it is.

    Raises:
        NotFoundError: There is no such environment, or neither file nor engine knows the service.
        InvalidComposeError, SourceError: The files cannot be read, and never could.
    """
    require_environment(workspace.repository, environment)
    facts = _gather(workspace, environment, name)
    whole = with_ingress(facts.desired, facts.observed)
    service = find_service(whole, name)
    wanted = spec_hash(facts.desired, facts.observed, name)
    containers = container_facts(facts.observed, name, wanted)
    if service is None and not containers:
        raise _no_such_service(whole, facts.observed, name)
    found = Why(
        environment=environment,
        service=name,
        origin=_origin(facts.desired, name),
        place=service.place if service and name != INGRESS else "",
        derived_from=_derived_from(facts.desired) if name == INGRESS else (),
        replicas=service.replicas if service else 0,
        job=name in job_names(facts.desired),
        spec_hash=wanted,
        containers=tuple(fact for fact, _ in containers),
        introduced=_introduced(facts, _start(facts, containers[0][0] if containers else None)),
        source=_source(facts),
        pending=pending(facts.plan, name),
        quarantine=facts.quarantine,
        notes=facts.notes,
    )
    found = _with_past(facts, _with_health(facts, found), containers[0][1] if containers else None)
    return _with_gate(facts, found)


def _gather(workspace: Workspace, environment: str, name: str) -> _Facts:
    records = workspace.journal.syncs(environment, limit=ALL)
    notes: list[str] = []
    quarantine: Quarantine | None = None
    try:
        wanted = load_wanted(workspace, environment)
        desired, quarantine = wanted.desired, wanted.quarantine
    except SandboxError as error:
        good = last_good(records)
        if good is None:
            raise
        desired = load_at(workspace.repository, environment, good.revision)
        notes.append(f"the newest commit cannot be used: {one_line(error)}")
    policy = policy_of(workspace, desired, quarantine, workspace.policy)
    plan = Plan(environment=environment, revision=desired.revision, release=desired.release)
    observed, seen = ObservedState(owner=workspace.owner(desired)), False
    try:
        observed, seen = observe(workspace, desired), True
        plan = plan_sync(desired, observed, policy)
    except EngineError as error:
        notes.append(f"what runs is unknown: {one_line(error)}")
    return _Facts(
        workspace=workspace,
        chronicle=Chronicle(workspace=workspace, environment=environment),
        name=name,
        desired=desired,
        observed=observed,
        seen=seen,
        plan=plan,
        records=records,
        jobs_done=policy.jobs_done,
        quarantine=quarantine,
        notes=tuple(notes),
    )


def _no_such_service(desired: DesiredState, observed: ObservedState, name: str) -> NotFoundError:
    known = {each.name for each in (*desired.services, *desired.gates)}
    known |= {each.labels.get(SERVICE, "") for each in present_containers(observed)} - {""}
    close = get_close_matches(name, sorted(known), n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    message = f"{desired.environment} has no service {name!r}"
    return NotFoundError(message, remedy=f"{meant}there are: {', '.join(sorted(known))}")


def _origin(desired: DesiredState, name: str) -> Origin:
    if name == INGRESS:
        return Origin.DERIVED
    if any(each.name == name for each in desired.services):
        return Origin.DECLARED
    if any(each.name == name for each in desired.gates):
        return Origin.GATE
    return Origin.UNDECLARED


def _derived_from(desired: DesiredState) -> tuple[str, ...]:
    return tuple(sorted({each.service_name for each in routes(desired)}))


def _introduced(facts: _Facts, start: str) -> Introduction | None:
    """Follow first parents back as long as the spec stays what it is; no blame of lines."""
    commit, before, complete = introduced(_versions(facts, start), facts.observed, facts.name)
    decision = facts.chronicle.decision(commit)
    if decision is None:
        return None
    after = _load(facts, commit)
    whole = with_ingress(after, facts.observed) if after else None
    service = find_service(whole, facts.name) if whole else None
    if whole is None or before is None:
        return Introduction(decision=decision, complete=complete)
    changes = own_changes(with_ingress(before, facts.observed), whole, facts.name)
    return Introduction(
        decision=decision,
        changes=changes,
        places=changed_places(service, changes) if service else (),
        first=find_service(with_ingress(before, facts.observed), facts.name) is None,
        complete=complete,
    )


def _start(facts: _Facts, container: ContainerFact | None) -> str:
    """What runs is explained by the commit it was made at; what is wanted by that which says it."""
    if container is None or container.current or not container.revision:
        return facts.desired.revision
    return container.revision


def _versions(facts: _Facts, start: str) -> Iterator[tuple[str, DesiredState | None]]:
    repository = facts.workspace.repository
    yield start, _load(facts, start)
    seen = watched(repository, facts.desired.environment, start)
    found = repository.history(start, (*seen.files, *seen.contexts), limit=COMMITS)
    for each in found:
        if each.id != start:
            yield each.id, _load(facts, each.id)
    if len(found) < COMMITS:  # before the first of them nothing was declared
        yield "", replace(facts.desired, services=(), gates=(), networks=(), volumes=())


def _load(facts: _Facts, commit: str) -> DesiredState | None:
    try:
        return load_at(facts.workspace.repository, facts.desired.environment, commit)
    except SandboxError:
        return None


def _source(facts: _Facts) -> Decision | None:
    service = find_service(facts.desired, facts.name)
    if service is None or service.build is None:
        return None
    try:
        commit = facts.workspace.repository.last_change(
            facts.desired.release, (service.build.context,)
        )
    except SandboxError:
        return None
    return facts.chronicle.decision(commit)


def _with_health(facts: _Facts, found: Why) -> Why:
    if not facts.seen:
        return found
    now = facts.workspace.clock.now()
    statuses = service_statuses(
        facts.desired, facts.observed, facts.plan.holds, now=now, jobs_done=facts.jobs_done
    )
    records = facts.workspace.journal.health_records(facts.desired.environment)
    statuses = with_steadiness(statuses, records, now)
    status = next((each for each in statuses if each.name == facts.name), None)
    return replace(found, health=status.health, message=status.message) if status else found


def _with_past(facts: _Facts, found: Why, container: ObservedContainer | None) -> Why:
    healthy = found.health is Health.HEALTHY
    past = steps_of(container, facts.records) if container else ()
    if not past and (container or not facts.records):
        unknown = "the journal holds no sync of it: what was done is unknown"
        found = replace(found, notes=(*found.notes, unknown))
    if container is not None:
        found = replace(
            found,
            steps=tuple(StepFact(sync=_deed(facts, record), step=step) for record, step in past),
            restarts=restarts(container, facts.records),
            log=() if healthy else _log(facts, container),
        )
    good = last_good(facts.records)
    if not facts.seen or healthy or good is None or found.origin is Origin.GATE:
        return found
    before = _load(facts, good.revision)
    failed = failures_since(facts.records, good)
    since = SinceHealthy(
        sync=_deed(facts, good),
        changes=own_changes(before, facts.desired, facts.name) if before else (),
        failures=tuple(_deed(facts, each) for each in failed),
    )
    return replace(found, since=since)


def _deed(facts: _Facts, record: SyncRecord) -> PastDeed:
    return past_deed(record, facts.chronicle.decision(record.revision))


def _log(facts: _Facts, container: ObservedContainer) -> tuple[str, ...]:
    try:
        return tuple(facts.workspace.engine.logs(container.id, tail=LOG_LINES))
    except EngineError:
        return ()


def _with_gate(facts: _Facts, found: Why) -> Why:
    if found.origin is not Origin.GATE:
        return found
    results = facts.workspace.journal.gate_results(found.environment)
    service = find_service(facts.desired, facts.name)
    return replace(
        found,
        gate=service.gate if service else None,
        gate_result=next((each for each in results if each.gate == facts.name), None),
    )

"""Why a service is as it is, from what Git, the engine and the journal say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.answer import ContainerFact
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.record import Outcome, Trigger
from sandbox.planning.compare import compare_desired
from sandbox.planning.diff import present_containers
from sandbox.planning.drift import short_id, stop_words
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import parse_container_labels
from sandbox.planning.names import slot_name
from sandbox.planning.slot import is_ready
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Change, Plan
    from sandbox.model.record import StepRecord, SyncRecord
    from sandbox.model.service import Service

SLACK_S: Final = 1.0
"""The engine's clock and ours are read a moment apart."""
_STANDS: Final = (ContainerState.CREATED, ContainerState.EXITED, ContainerState.DEAD)


def find_service(desired: DesiredState, name: str) -> Service | None:
    """Give the service or gate of that name; ``None`` when there is none."""
    both = (*desired.services, *desired.gates)
    return next((each for each in both if each.name == name), None)


def spec_hash(desired: DesiredState, observed: ObservedState, name: str) -> str:
    """Fingerprint of the first container of a service as declared; empty when it is not."""
    whole = with_ingress(desired, observed)
    service = find_service(whole, name)
    return container_spec(observed.owner, whole, service, 1).spec_hash if service else ""


def own_changes(before: DesiredState, after: DesiredState, name: str) -> tuple[Change, ...]:
    """Name the fields of one service that differ; what only one of them declares is one change."""
    prefix = f"{name}."
    return tuple(
        type(each)(field=each.field.removeprefix(prefix), old=each.old, new=each.new)
        for each in compare_desired(before, after)
        if each.field == name or each.field.startswith(prefix)
    )


def introduced(
    versions: Iterable[tuple[str, DesiredState | None]], observed: ObservedState, name: str
) -> tuple[str, DesiredState | None, bool]:
    """
    Find the commit since which a service is declared as in the first of *versions*.

    Args:
        versions: Commits, newest first, and what each declares; ``None`` for one that is invalid,
            which nobody ever ran. Read no further than needed.
        observed: As the planner sees it; gives the names of networks and volumes.
        name: Of the service.

    Returns:
        The commit, empty when there are no versions; what was declared before it; and whether
        history went back so far.
    """
    wanted, found = "", ""
    for commit, desired in versions:
        if desired is None:
            continue
        present = spec_hash(desired, observed, name)
        if found and present != wanted:
            return found, desired, True
        wanted, found = present, commit
    return found, None, False


def changed_places(service: Service, changes: Sequence[Change]) -> tuple[str, ...]:
    """Say where the file declares what *changes* name, as far as it tells, in their order."""
    found: dict[str, None] = {}
    for change in changes:
        attribute = change.field.partition(".")[0]
        # The name of an image that is built follows from its content.
        attribute = "build" if attribute == "image" and service.build else attribute
        if attribute in service.places:
            found[service.places[attribute]] = None
    return tuple(found)


def container_facts(
    observed: ObservedState, name: str, wanted: str
) -> tuple[tuple[ContainerFact, ObservedContainer], ...]:
    """Give the containers of a service; those made from *wanted* first, then the newest."""
    found = [
        (_fact(each, wanted), each)
        for each in present_containers(observed)
        if parse_container_labels(each.labels).service_name == name
    ]
    return tuple(sorted(found, key=lambda each: (not each[0].current, -each[0].created_at)))


def _fact(container: ObservedContainer, wanted: str) -> ContainerFact:
    labels = parse_container_labels(container.labels)
    stands = container.state in _STANDS
    return ContainerFact(
        name=container.name,
        id=container.id,
        image=labels.fields.get("image", "") or short_id(container.image_id),
        image_id=container.image_id,
        spec_hash=labels.spec_hash,
        current=bool(wanted) and labels.spec_hash == wanted,
        state=container.state,
        words=stop_words(container) if stands else "",
        health=container.health,
        probed=container.probed,
        proven=is_ready(container)
        and (container.ready or container.health is EngineHealth.HEALTHY),
        oom_killed=container.oom_killed,
        revision=labels.revision,
        release=labels.release,
        created_at=container.created_at,
        started_at=container.started_at,
    )


def steps_of(
    container: ObservedContainer, records: Sequence[SyncRecord]
) -> tuple[tuple[SyncRecord, StepRecord], ...]:
    """
    Find the steps that started and created *container*, newest first, with their syncs.

    Args:
        container: As it is now.
        records: Newest first.
    """
    labels = parse_container_labels(container.labels)
    slot = slot_name(labels.service_name, labels.replica)
    moments = (("start", container.started_at), ("create", container.created_at))
    found = [_step(records, f"{verb} {slot}", at) for verb, at in moments if at]
    steps = [each for each in found if each is not None]
    if len(steps) > 1 and steps[0][0] is steps[1][0]:
        return (steps[1],)  # one sync did both: why it was created is why it runs
    return tuple(steps)


def _step(
    records: Sequence[SyncRecord], step_id: str, at: float
) -> tuple[SyncRecord, StepRecord] | None:
    """Find the step of that id in the sync that was under way at a moment."""
    for record in records:
        if not record.started_at - SLACK_S <= at <= record.finished_at + SLACK_S:
            continue
        for step in record.steps:
            if step.step_id == step_id:
                return record, step
    return None


def restarts(container: ObservedContainer, records: Sequence[SyncRecord]) -> int:
    """Count how often *container* was started again, other than by a commit or a person."""
    labels = parse_container_labels(container.labels)
    start = f"start {slot_name(labels.service_name, labels.replica)}"
    healing = (Trigger.DRIFT, Trigger.RETRY)
    return sum(
        step.step_id == start and step.began_at > container.created_at + SLACK_S
        for record in records
        if record.trigger in healing
        for step in record.steps
    )


def last_good(records: Sequence[SyncRecord]) -> SyncRecord | None:
    """Give the newest sync that went well: everything was healthy at its end."""
    good = (each for each in records if each.outcome is Outcome.SUCCEEDED and each.revision)
    return next(good, None)


def failures_since(records: Sequence[SyncRecord], good: SyncRecord) -> tuple[SyncRecord, ...]:
    """Give the syncs after *good* that did not go well, newest first."""
    bad = (Outcome.FAILED, Outcome.ERRORED)
    return tuple(each for each in records if each.id > good.id and each.outcome in bad)


def pending(plan: Plan, name: str) -> tuple[str, ...]:
    """Say what a sync would do about a service, and what holds it back, as a plan's lines."""
    return tuple(_pending(plan, name))


def _pending(plan: Plan, name: str) -> Iterator[str]:
    for step in plan.steps:
        if step.service_name == name:
            yield f"{step.id}: {step.reason}"
    for hold in plan.holds:
        if hold.service_name == name:
            yield f"{hold.target} is held back: {hold.message}"

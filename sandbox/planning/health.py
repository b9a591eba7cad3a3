"""
Does what runs work? Sync and health are two axes; this is the one place that orders health.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.plan import HoldReason
from sandbox.model.status import Health, ServiceStatus, SyncStatus
from sandbox.planning.diff import job_names, present_containers
from sandbox.planning.drift import short_id, stop_words
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import parse_container_labels
from sandbox.planning.names import slot_name
from sandbox.planning.plan import is_in_sync
from sandbox.planning.slot import is_done, is_ready
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Hold, Plan
    from sandbox.model.service import Service

SEVERITY: Final = (
    Health.HEALTHY,
    Health.SUSPENDED,
    Health.PROGRESSING,
    Health.MISSING,
    Health.DEGRADED,
    Health.UNKNOWN,
)
"""From best to worst; the health of many is that of the worst among them."""


def worst(healths: Iterable[Health]) -> Health:
    """
    Health of many; that of none is healthy.
    """
    return max(healths, key=SEVERITY.index, default=Health.HEALTHY)


def sync_status(plan: Plan) -> SyncStatus:
    """
    Say whether the engine runs what the commit says.
    """
    return SyncStatus.SYNCED if is_in_sync(plan) else SyncStatus.OUT_OF_SYNC


def environment_health(services: Iterable[ServiceStatus]) -> Health:
    """
    Health of an environment: that of its worst service.
    """
    return worst(service.health for service in services)


def service_statuses(
    desired: DesiredState,
    observed: ObservedState,
    holds: Sequence[Hold] = (),
    *,
    now: float,
    jobs_done: frozenset[str] = frozenset(),
) -> tuple[ServiceStatus, ...]:
    """
    Say of every declared service and of the ingress whether it works, sorted by name.

    Args:
        desired: What is declared, as committed; gives the deadline until which a start may take.
        observed: One fresh snapshot.
        holds: Those of a plan that was made from the same two.
        now: Seconds since the epoch.
        jobs_done: As in `SyncPolicy`.
    """
    desired, jobs = with_ingress(desired, observed), job_names(desired)
    return tuple(
        _job_done(service)
        if service.name in jobs and _spec_hash(desired, observed, service) in jobs_done
        else _service_status(desired, observed, service, holds, now=now, job=service.name in jobs)
        for service in sorted(desired.services, key=lambda each: each.name)
    )


def _job_done(service: Service) -> ServiceStatus:
    """
    Status of a job that ended well once, whatever became of its container.
    """
    return ServiceStatus(
        name=service.name,
        desired=service.replicas,
        ready=service.replicas,
        health=Health.HEALTHY,
        job=True,
        image=service.image,
    )


def _spec_hash(desired: DesiredState, observed: ObservedState, service: Service) -> str:
    return container_spec(observed.owner, desired, service, 1).spec_hash


def _service_status(
    desired: DesiredState,
    observed: ObservedState,
    service: Service,
    holds: Sequence[Hold],
    *,
    now: float,
    job: bool,
) -> ServiceStatus:
    found = {
        replica: _best(desired, observed, service, replica, job=job)
        for replica in range(1, service.replicas + 1)
    }
    deadline_s = desired.settings.rollout.deadline_s
    verdicts = [
        _container_health(each, slot_name(service.name, replica), now - deadline_s, job=job)
        for replica, each in found.items()
    ]
    health = worst(verdict for verdict, _ in verdicts)
    message = next((words for verdict, words in verdicts if verdict is health), "")
    hold = _telling_hold(service, holds, health)
    containers = [each for each in found.values() if each]
    return ServiceStatus(
        name=service.name,
        desired=service.replicas,
        ready=sum(verdict is Health.HEALTHY for verdict, _ in verdicts),
        health=Health.DEGRADED if hold else health,
        message=f"{hold.target}: {_first_line(hold.message)}" if hold else message,
        job=job,
        image=next((_image_text(each) for each in containers), ""),
        started_at=max((each.started_at for each in containers), default=0.0),
    )


def _first_line(message: str) -> str:
    """
    What it is about; the plan has all of it.
    """
    first, more, _ = message.partition("\n")
    return f"{first} …" if more else first


def _telling_hold(service: Service, holds: Sequence[Hold], health: Health) -> Hold | None:
    """
    What keeps the service down, unless it serves on and only waits for somebody else.
    """
    for hold in holds:
        waits_well = health is Health.HEALTHY and hold.reason is HoldReason.DEPENDENCY_HELD
        if hold.service_name == service.name and not waits_well:
            return hold
    return None


def _best(
    desired: DesiredState, observed: ObservedState, service: Service, replica: int, *, job: bool
) -> ObservedContainer | None:
    """
    The container that tells most: one that serves, else the newest; of a job the declared one.
    """
    spec_hash = _spec_hash(desired, observed, service) if job else ""
    candidates: list[tuple[bool, bool, float, str, ObservedContainer]] = []
    for container in present_containers(observed):
        labels = parse_container_labels(container.labels)
        if (labels.service_name, labels.replica) == (service.name, replica):
            works = is_done(container) if job else is_ready(container)
            right = job and labels.spec_hash == spec_hash
            key = (not right, not works, -container.started_at, container.name)
            candidates.append((*key, container))
    return min(candidates, key=lambda each: each[:4])[-1] if candidates else None


def _container_health(
    container: ObservedContainer | None, name: str, since: float, *, job: bool
) -> tuple[Health, str]:
    """
    Health of one container with the words for it.

    Args:
        since: A start before this moment took too long.
    """
    if container is None:
        return Health.MISSING, f"{name} does not exist"
    if is_done(container) if job else is_ready(container):
        return Health.HEALTHY, ""
    match container.state:
        case ContainerState.RUNNING if container.health is EngineHealth.UNHEALTHY:
            return Health.DEGRADED, f"{name} runs, but its healthcheck fails"
        case ContainerState.RUNNING:
            unfinished = "still runs" if job else "is not ready yet"
            late = container.started_at < since
            return (Health.DEGRADED if late else Health.PROGRESSING), f"{name} {unfinished}"
        case ContainerState.CREATED if not container.error:
            return Health.PROGRESSING, f"{name} {stop_words(container)}"
        case ContainerState.PAUSED:
            return Health.DEGRADED, f"{name} is paused"
        case ContainerState.RESTARTING:
            return Health.DEGRADED, f"{name} is restarted by the engine: {stop_words(container)}"
        case _:
            return Health.DEGRADED, f"{name} {stop_words(container)}"


def _image_text(container: ObservedContainer) -> str:
    fields = parse_container_labels(container.labels).fields
    return fields.get("image", "") or short_id(container.image_id)

"""
What is there against what should be, slot by slot. Only containers; nothing is held back yet.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Final

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.plan import Hold, HoldReason
from sandbox.model.service import Condition
from sandbox.planning.crashes import was_killed
from sandbox.planning.drift import field_words, hard_drift, stop_words, value_words
from sandbox.planning.field_label import changes_since
from sandbox.planning.labels import is_owned, parse_container_labels
from sandbox.planning.slot import (
    STARTS,
    Need,
    Slot,
    is_done,
    is_live,
    is_ready,
    needs_proof,
    was_tried,
)
from sandbox.planning.spec import container_spec
from sandbox.secrecy.names import is_ordinary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Change
    from sandbox.planning.slot import Scene

_STATE_RANK: Final = {
    ContainerState.RUNNING: 0,
    ContainerState.PAUSED: 1,
    ContainerState.RESTARTING: 2,
    ContainerState.CREATED: 3,
    ContainerState.EXITED: 4,
    ContainerState.DEAD: 5,
    ContainerState.REMOVING: 6,
}
_FIELDS_NAMED: Final = 3
_SHOWN: Final = 60


def job_names(desired: DesiredState) -> frozenset[str]:
    """
    Names of services that run once: some other service awaits their end.
    """
    return frozenset(
        dependency.service_name
        for service in desired.services
        for dependency in service.depends_on
        if dependency.condition is Condition.COMPLETED
    )


def present_containers(observed: ObservedState) -> tuple[ObservedContainer, ...]:
    """
    Our containers; one that is being removed already counts as gone.
    """
    return tuple(
        container
        for container in observed.containers
        if is_owned(container.labels, observed.owner)
        and container.state is not ContainerState.REMOVING
    )


def judge_slots(scene: Scene) -> tuple[Slot, ...]:
    """
    Say for every slot what it needs, services sorted by name.
    """
    by_key = _containers_by_key(present_containers(scene.observed))
    return tuple(
        _judge_slot(scene, slot, by_key.get((slot.service.name, slot.replica), ()))
        for slot in empty_slots(scene)
    )


def empty_slots(scene: Scene) -> tuple[Slot, ...]:
    """
    Every slot that *desired* declares, as if nothing was there.
    """
    desired, owner = scene.desired, scene.observed.owner
    return tuple(
        Slot(
            service=service,
            replica=replica,
            spec=container_spec(owner, desired, service, replica),
            job=service.name in scene.jobs,
        )
        for service in sorted(desired.services, key=lambda each: each.name)
        for replica in range(1, service.replicas + 1)
    )


def leftovers(scene: Scene) -> tuple[ObservedContainer, ...]:
    """
    Our containers that belong to no slot: undeclared services, replicas too many, broken labels.
    """
    keys = {
        (service.name, replica)
        for service in scene.desired.services
        for replica in range(1, service.replicas + 1)
    }
    return tuple(
        container for container in present_containers(scene.observed) if _key(container) not in keys
    )


def changes_text(changes: tuple[Change, ...]) -> str:
    """
    Say in one line which fields changed.
    """
    names = [field_words(change.field) for change in changes[:_FIELDS_NAMED]]
    rest = len(changes) - len(names)
    if not names:
        return "its spec changed"
    if len(changes) == 1:
        old, new = (
            value_words(changes[0].field, each) for each in (changes[0].old, changes[0].new)
        )
        return f"{names[0]} changed: {_shown(old)} -> {_shown(new)}"
    return f"{', '.join(names)}{f' and {rest} more' if rest else ''} changed"


def _shown(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    shown = text[: _SHOWN - 1]
    whole, _, cut = shown.rpartition(" ")
    # Where this is shown half a secret would not be known for one.
    if not is_ordinary(cut + text[_SHOWN - 1 :].partition(" ")[0]):
        shown = f"{whole} "
    return f"{shown}\N{HORIZONTAL ELLIPSIS}".lstrip()


def _judge_slot(scene: Scene, slot: Slot, containers: Iterable[ObservedContainer]) -> Slot:
    ranked = sorted(containers, key=lambda each: _preference(scene, slot, each))
    right = [each for each in ranked if _spec_of(each) == slot.spec.spec_hash]
    if slot.job and slot.spec.spec_hash in scene.policy.jobs_done:
        # What it did is still done, whatever became of its container.
        return replace(slot, keep=next(iter(right), None), surplus=_without(ranked, right[:1]))
    if not right:
        return _judge_new(slot, tuple(ranked))
    keep = right[0]
    kept = replace(slot, keep=keep, surplus=_without(ranked, [keep]))
    judged = _judge_job(scene, kept, keep) if slot.job else _judge_kept(scene, kept, keep)
    return _back_off(scene, judged, keep)


def _without(
    containers: Sequence[ObservedContainer], some: Sequence[ObservedContainer]
) -> tuple[ObservedContainer, ...]:
    return tuple(each for each in containers if not any(each is other for other in some))


def _judge_new(slot: Slot, surplus: tuple[ObservedContainer, ...]) -> Slot:
    if not surplus:
        return replace(slot, need=Need.CREATE, reason="is declared and does not exist")
    changes, doubtful = changes_since(surplus[0], slot.spec)
    reason = f"one of {', '.join(doubtful)} changed" if doubtful else changes_text(changes)
    return replace(slot, surplus=surplus, need=Need.CREATE, changes=changes, reason=reason)


def _judge_job(scene: Scene, slot: Slot, keep: ObservedContainer) -> Slot:
    """
    A job that ran is never run again for the same spec, whatever was done to its container.
    """
    if is_done(keep):
        return slot
    if keep.state in {ContainerState.EXITED, ContainerState.DEAD}:
        again = _recreate(slot, keep, f"job {stop_words(keep)}; it runs again", ())
        return replace(again, hold=_failed_job(scene, slot, keep))
    if keep.started_at > 0 or is_live(keep):
        return _judge_state(scene, slot, keep)
    return _judge_kept(scene, slot, keep)


def _judge_kept(scene: Scene, slot: Slot, keep: ObservedContainer) -> Slot:
    reason, changes = hard_drift(scene, slot.spec, keep)
    if reason:
        return _recreate(slot, keep, reason, changes)
    return _judge_ailing(scene, _judge_state(scene, slot, keep), keep)


def _judge_ailing(scene: Scene, slot: Slot, keep: ObservedContainer) -> Slot:
    """
    Restart what is unhealthy for too long, unless it was started too often already.
    """
    why = scene.policy.ailing.get(slot.service.name, "")
    waits = scene.policy.backing_off.get(slot.target, 0.0) > 0
    unhealthy = keep.state is ContainerState.RUNNING and keep.health is EngineHealth.UNHEALTHY
    if not why or waits or not unhealthy or slot.need is not Need.NOTHING:
        return slot
    return replace(slot, need=Need.RESTART, reason=why)


def _judge_state(scene: Scene, slot: Slot, keep: ObservedContainer) -> Slot:
    match keep.state:
        case ContainerState.PAUSED:
            return replace(slot, need=Need.UNPAUSE, reason="was paused by hand")
        case ContainerState.RESTARTING:
            return replace(slot, need=Need.AWAIT, reason="is being restarted by the engine")
        case ContainerState.RUNNING if slot.job:
            return replace(slot, need=Need.AWAIT, reason="job is still running")
        case ContainerState.RUNNING:
            unproven = scene.policy.unjudged and needs_proof(keep)
            if keep.health is EngineHealth.UNHEALTHY:
                # What serves meanwhile stays until this one works.
                older = any(is_live(each) for each in slot.surplus)
                waits = replace(slot, need=Need.AWAIT, reason="runs, but its healthcheck fails")
                return waits if older or unproven else slot
            if is_ready(keep) and not unproven:
                return slot
            return replace(slot, need=Need.AWAIT, reason="runs and is not ready yet")
        case _:
            return replace(slot, need=Need.START, reason=stop_words(keep))


def _failed_job(scene: Scene, slot: Slot, keep: ObservedContainer) -> Hold | None:
    if scene.policy.retry_jobs:
        return None
    if parse_container_labels(keep.labels).revision != scene.desired.revision:
        return None
    return Hold(
        target=slot.target,
        reason=HoldReason.JOB_KILLED if was_killed(keep) else HoldReason.JOB_FAILED,
        message=f"job {stop_words(keep)}; it runs again for the next commit, or when asked to: "
        f"sandbox sync {scene.desired.environment}",
        service_name=slot.service.name,
    )


def _back_off(scene: Scene, slot: Slot, keep: ObservedContainer) -> Slot:
    wait_s = scene.policy.backing_off.get(slot.target, 0.0)
    if slot.hold or slot.need not in STARTS or wait_s <= 0 or is_live(keep):
        return slot
    if not was_tried(keep):
        return slot
    hold = Hold(
        target=slot.target,
        reason=HoldReason.BACK_OFF,
        message=f"{stop_words(keep)}; it is started again in {ceil(wait_s)} s",
        service_name=slot.service.name,
    )
    return replace(slot, hold=hold)


def _recreate(
    slot: Slot, keep: ObservedContainer, reason: str, changes: tuple[Change, ...]
) -> Slot:
    serves = not slot.job and any(is_live(each) for each in slot.surplus)
    if keep.name == slot.spec.name and not serves:
        return replace(slot, need=Need.RECREATE, reason=reason, changes=changes)
    # Its name is free or can be freed, so old and new can live side by side as for a changed spec:
    # in the middle of a rollout what serves goes on.
    return replace(
        slot,
        keep=None,
        surplus=(keep, *slot.surplus),
        need=Need.CREATE,
        reason=reason,
        changes=changes,
    )


def recreated(slot: Slot, reason: str) -> Slot:
    """
    Make the kept container of *slot* anew although its spec is right.
    """
    assert slot.keep, "only what is there can be made anew"
    return _recreate(slot, slot.keep, reason, ())


def _preference(
    scene: Scene, slot: Slot, container: ObservedContainer
) -> tuple[bool, bool, int, bool, str, str]:
    """
    Sort key: right spec, right image (a job's end counts more), most alive, right name first.
    """
    wrong_spec = _spec_of(container) != slot.spec.spec_hash
    image_id = scene.observed.images.get(slot.spec.service.image, container.image_id)
    wrong_image = image_id != container.image_id and not slot.job
    rank = _job_rank(container) if slot.job else _STATE_RANK[container.state]
    wrong_name = container.name != slot.spec.name
    return wrong_spec, wrong_image, rank, wrong_name, container.name, container.id


def _job_rank(container: ObservedContainer) -> int:
    # A failed run is evidence that must not be lost to a leftover that never ran.
    if is_done(container):
        return -1
    failed = container.state is ContainerState.EXITED
    return _STATE_RANK[ContainerState.RESTARTING] if failed else _STATE_RANK[container.state]


def _spec_of(container: ObservedContainer) -> str:
    return parse_container_labels(container.labels).spec_hash


def _key(container: ObservedContainer) -> tuple[str, int]:
    labels = parse_container_labels(container.labels)
    return labels.service_name, labels.replica


def _containers_by_key(
    containers: Iterable[ObservedContainer],
) -> dict[tuple[str, int], list[ObservedContainer]]:
    by_key: dict[tuple[str, int], list[ObservedContainer]] = {}
    for container in containers:
        by_key.setdefault(_key(container), []).append(container)
    return by_key

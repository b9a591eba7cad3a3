"""
The steps of every slot: create, start, await, and what makes way for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.action import (
    AwaitContainer,
    CopyFiles,
    CreateContainer,
    RemoveContainer,
    RenameContainer,
    StartContainer,
    StopContainer,
    UnpauseContainer,
)
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Step
from sandbox.model.service import Condition
from sandbox.planning.labels import pre_stop_hooks, stop_grace_s
from sandbox.planning.place_volumes import carried_volumes, carried_words, is_disposable
from sandbox.planning.plan_repairs import repair_steps
from sandbox.planning.routes import INGRESS
from sandbox.planning.slot import Need, is_live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.plan import Change
    from sandbox.planning.slot import Slot
    from sandbox.planning.wiring import Wiring

_RUNS: Final = frozenset({ContainerState.RUNNING})


def slot_steps(wiring: Wiring, slot: Slot) -> Iterator[Step]:
    """
    All steps of one slot that is not held, the repairs of what it keeps first.
    """
    repairs = tuple(repair_steps(wiring, slot))
    yield from repairs
    yield from _stop_steps(wiring, slot)
    match slot.need:
        case Need.CREATE | Need.RECREATE:
            yield from _create_steps(wiring, slot)
            yield from _start_steps(wiring, slot, ())
        case Need.START | Need.RESTART:
            yield from _start_steps(wiring, slot, repairs)
        case Need.UNPAUSE:
            yield _unpause_step(wiring, slot)
        case Need.AWAIT | Need.NOTHING:
            pass
    if wiring.awaits(slot):
        yield _await_step(wiring, slot)
    for container in slot.surplus:
        yield remove_step(wiring, container, _surplus_reason(slot), slot.service.name)


def stop_step(wiring: Wiring, container: ObservedContainer, reason: str, service_name: str) -> Step:
    """
    Stop one container, with the hooks and the grace that it was created with.
    """
    successors = wiring.successors(container)
    return _step(
        f"stop {wiring.label(container)}",
        replace(
            stop_action(container),
            successors=dict(map(_name_and_id, successors)),
            networks=tuple(sorted({name for slot in successors for name in _networks(slot)})),
        ),
        wiring.label(container),
        "; ".join(filter(None, [reason, wiring.handed_over(container)])),
        waits=wiring.stop_waits(container),
        after=wiring.stop_after(container),
        service_name=service_name,
    )


def stop_action(container: ObservedContainer) -> StopContainer:
    """
    Every stop runs the hooks that the container was created with; only a running one can run them.
    """
    return StopContainer(
        container_name=container.name,
        container_id=container.id,
        grace_s=stop_grace_s(container.labels),
        hooks=pre_stop_hooks(container.labels) if container.state in _RUNS else (),
    )


def remove_action(container: ObservedContainer, *, gate: bool = False) -> RemoveContainer:
    """
    A removal takes anonymous volumes only when none holds data: a gate begins anew each time.
    """
    return RemoveContainer(
        container_name=container.name,
        container_id=container.id,
        volumes=is_disposable(container, gate=gate),
    )


def remove_step(
    wiring: Wiring,
    container: ObservedContainer,
    reason: str,
    service_name: str,
    *,
    gate: bool = False,
) -> Step:
    """
    Remove one container, once it stands still and nothing needs it to go back to.
    """
    return _step(
        f"remove {wiring.label(container)}",
        remove_action(container, gate=gate),
        wiring.label(container),
        reason,
        waits=wiring.remove_waits(container),
        service_name=service_name,
    )


def _name_and_id(slot: Slot) -> tuple[str, str]:
    if slot.creates or not slot.keep:
        return slot.spec.name, ""
    return slot.keep.name, slot.keep.id


def _networks(slot: Slot) -> tuple[str, ...]:
    return tuple(endpoint.network_name for endpoint in slot.spec.endpoints)


def _stop_steps(wiring: Wiring, slot: Slot) -> Iterator[Step]:
    keep = slot.keep
    if keep and slot.need in {Need.RECREATE, Need.RESTART} and is_live(keep):
        yield stop_step(wiring, keep, slot.reason, slot.service.name)
    if keep and slot.need is Need.RECREATE:
        yield remove_step(wiring, keep, slot.reason, slot.service.name)
    for container in slot.surplus:
        if is_live(container):
            yield stop_step(wiring, container, _surplus_reason(slot), slot.service.name)


def _create_steps(wiring: Wiring, slot: Slot) -> Iterator[Step]:
    carried = carried_volumes(wiring.scene.observed, slot)
    words = [slot.reason, carried_words(carried)]
    yield _slot_step(
        slot,
        "create",
        CreateContainer(spec=slot.spec, carried=carried),
        "; ".join(filter(None, words)),
        waits=wiring.create_waits(slot),
        changes=slot.changes,
    )
    if slot.spec.service.files:
        yield _slot_step(
            slot,
            "copy files",
            CopyFiles(container_name=slot.spec.name, files=slot.spec.service.files),
            "a new container has no files yet",
            waits=(f"create {slot.target}",),
        )


def _start_steps(wiring: Wiring, slot: Slot, repairs: tuple[Step, ...]) -> Iterator[Step]:
    keep = None if slot.creates else slot.keep
    name, container_id = (keep.name, keep.id) if keep else (slot.spec.name, "")
    if keep and keep.state is ContainerState.CREATED and slot.spec.service.files:
        yield _slot_step(
            slot,
            "copy files",
            CopyFiles(
                container_name=name, container_id=container_id, files=slot.spec.service.files
            ),
            "an interrupted run may not have copied them",
        )
    networks = [step.id for step in repairs if not isinstance(step.action, RenameContainer)]
    yield _slot_step(
        slot,
        "start",
        StartContainer(
            container_name=name, container_id=container_id, hooks=slot.service.hooks.post_start
        ),
        slot.reason if keep else "was created by this plan",
        waits=(*networks, *wiring.start_waits(slot)),
        after=wiring.start_after(slot),
    )


def _unpause_step(wiring: Wiring, slot: Slot) -> Step:
    assert slot.keep, "only a container that exists can be paused"
    return _slot_step(
        slot,
        "unpause",
        UnpauseContainer(container_name=slot.keep.name, container_id=slot.keep.id),
        slot.reason,
        waits=wiring.turn_waits(slot),
    )


def _await_step(wiring: Wiring, slot: Slot) -> Step:
    keep = None if slot.creates else slot.keep
    waits: tuple[str, ...] = ()
    if slot.starts:
        waits = (f"start {slot.target}",)
    elif slot.need is Need.UNPAUSE:
        waits = (f"unpause {slot.target}",)
    if slot.service.name == INGRESS and wiring.configured and waits:
        # It may well be ready only once it was told what to do.
        waits += (wiring.configured,)
    return _slot_step(
        slot,
        "await",
        AwaitContainer(
            container_name=keep.name if keep else slot.spec.name,
            container_id=keep.id if keep else "",
            until=_until(slot, keep),
            deadline_s=wiring.scene.desired.settings.rollout.deadline_s,
        ),
        slot.reason if slot.need is Need.AWAIT else _await_reason(slot),
        waits=waits,
    )


def _until(slot: Slot, keep: ObservedContainer | None) -> Condition:
    if slot.job:
        return Condition.COMPLETED
    check = slot.spec.service.healthcheck
    if check and check.test[:1] == ("NONE",):
        return Condition.STARTED
    # A new container may get a healthcheck from its image; one that gets none is ready at once.
    if keep is None or keep.probed or (check and check.test):
        return Condition.HEALTHY
    return Condition.STARTED


def _await_reason(slot: Slot) -> str:
    return "it must end with exit status 0" if slot.job else "it must become ready"


def _surplus_reason(slot: Slot) -> str:
    if slot.creates and slot.keep is None:
        return f"the new {slot.target} takes its place"
    return f"{slot.target} exists once more than declared"


def _slot_step(
    slot: Slot,
    verb: str,
    action: CreateContainer | CopyFiles | StartContainer | UnpauseContainer | AwaitContainer,
    reason: str,
    *,
    waits: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    changes: tuple[Change, ...] = (),
) -> Step:
    return Step(
        id=f"{verb} {slot.target}",
        action=action,
        target=slot.target,
        reason=reason,
        changes=changes,
        depends_on=waits,
        after=after,
        service_name=slot.service.name,
    )


def _step(
    step_id: str,
    action: StopContainer | RemoveContainer,
    target: str,
    reason: str,
    *,
    waits: tuple[str, ...],
    after: tuple[str, ...] = (),
    service_name: str,
) -> Step:
    return Step(
        id=step_id,
        action=action,
        target=target,
        reason=reason,
        depends_on=waits,
        after=after,
        service_name=service_name,
    )

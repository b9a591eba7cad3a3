"""
Containers that share namespaces or mounts of another one: they are made after it, and anew with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState
from sandbox.planning.diff import present_containers, recreated
from sandbox.planning.labels import parse_container_labels
from sandbox.planning.slot import Need, is_done
from sandbox.planning.spec import namespace_leaders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.planning.slot import Scene, Slot


def recreate_followers(
    scene: Scene, slots: Sequence[Slot], ranks: Mapping[str, int]
) -> tuple[Slot, ...]:
    """
    Make every kept container anew that shares something of one which is, or was, replaced.

    Args:
        scene: What is there.
        slots: All of them, held ones too.
        ranks: Number of each service; what it depends on has lower ones.
    """
    result = {(slot.service.name, slot.replica): slot for slot in slots}
    for key in sorted(result, key=lambda each: (ranks[each[0]], each)):
        slot = result[key]
        leader = _replaced_leader(scene, slot, result)
        if leader:
            reason = f"it shares what belongs to {leader}, which was replaced"
            result[key] = recreated(slot, reason)
    return tuple(result[slot.service.name, slot.replica] for slot in slots)


def restart_followers(slots: Sequence[Slot], ranks: Mapping[str, int]) -> tuple[Slot, ...]:
    """
    Restart what runs in a namespace whose owner ended since: only a new start joins the new one.

    Arguments are as in `recreate_followers`. Mounts of another container outlive its end.
    """
    held = {slot.service.name for slot in slots if slot.hold}
    result = {(slot.service.name, slot.replica): slot for slot in slots}
    for key in sorted(result, key=lambda each: (ranks[each[0]], each)):
        slot = result[key]
        reason = _lost_namespace(slot, result)
        required = {each.service_name for each in slot.service.depends_on if each.required}
        if reason and not held & required:
            result[key] = replace(slot, need=Need.RESTART, reason=reason)
    return tuple(result[slot.service.name, slot.replica] for slot in slots)


def late_services(slots: Sequence[Slot]) -> frozenset[str]:
    """
    Names of services that cannot be created before something stops: what they share is recreated.
    """
    late = {slot.service.name for slot in slots if slot.need is Need.RECREATE}
    while more := {
        slot.service.name
        for slot in slots
        if slot.service.name not in late and late & slot.spec.followed.keys()
    }:
        late |= more
    return frozenset(late)


def _lost_namespace(slot: Slot, slots: Mapping[tuple[str, int], Slot]) -> str:
    """
    Say why the namespaces that the container of *slot* runs in are not those of their owner.
    """
    keep = slot.keep
    if slot.hold or slot.job or slot.need not in {Need.NOTHING, Need.AWAIT} or keep is None:
        return ""
    if keep.state is not ContainerState.RUNNING:
        return ""
    for name in namespace_leaders(slot.service):
        leader = slots.get((name, 1))
        if leader and leader.starts:
            return f"{name}, whose namespaces it shares, starts again"
    if keep.namespace_lost_at > keep.started_at > 0:
        return "the container whose namespaces it shares was started again since"
    return ""


def _replaced_leader(scene: Scene, slot: Slot, slots: Mapping[tuple[str, int], Slot]) -> str:
    """
    Name of the service whose container *slot* holds on to in vain; empty when there is none.
    """
    keep = slot.keep
    if not slot.spec.followed or keep is None or slot.hold or slot.creates:
        return ""
    if slot.job and is_done(keep):
        return ""
    for name in sorted(slot.spec.followed):
        leader = slots.get((name, 1))
        if leader is None or leader.hold:
            continue
        if leader.creates or not _older_exists(scene, name, keep.created_at):
            return name
    return ""


def _older_exists(scene: Scene, service_name: str, created_at: float) -> bool:
    """
    Tell whether a first container of the service was there when the follower was made.
    """
    for container in present_containers(scene.observed):
        labels = parse_container_labels(container.labels)
        mine = labels.service_name == service_name and labels.replica == 1
        if mine and container.created_at <= created_at:
            return True
    return False

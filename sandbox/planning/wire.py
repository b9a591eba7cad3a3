"""
Prepare what the container steps need to know of one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.service import Condition
from sandbox.planning.exclusive import claimed
from sandbox.planning.follow import late_services
from sandbox.planning.images import image_step_ids
from sandbox.planning.labels import parse_container_labels
from sandbox.planning.names import slot_name
from sandbox.planning.plan_networks import NetworkNeed
from sandbox.planning.settle import service_ranks
from sandbox.planning.slot import Need, is_live
from sandbox.planning.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.plan import Step
    from sandbox.planning.plan_networks import NetworkVerdict
    from sandbox.planning.plan_volumes import VolumeVerdict
    from sandbox.planning.slot import Scene, Slot


def wire(
    scene: Scene,
    slots: Sequence[Slot],
    leaving: Sequence[ObservedContainer],
    *,
    labels: Mapping[str, str],
    images: Sequence[Step],
    networks: Sequence[NetworkVerdict],
    volumes: Sequence[VolumeVerdict],
    asides: Mapping[str, str],
) -> Wiring:
    """
    Say who waits for whom.

    *slots* are those that are not held, *leaving* the containers that belong to no slot and are
    removed; *labels*, *images* and *asides* are as in `Wiring`.
    """
    by_service = _by_service(slots)
    homes = {container.id: slot for slot in slots for container in _displaced(slot)}
    going = {container.id: container for slot in slots for container in _displaced(slot)}
    going.update({container.id: container for container in leaving})
    return Wiring(
        scene=scene,
        slots=by_service,
        labels=labels,
        homes=homes,
        makers={**image_step_ids(images), **_makers(networks, volumes)},
        asides=asides,
        ranks=service_ranks(scene),
        going=going,
        base=_base(scene, slots, images),
        hasty=_hasty(by_service, going, homes),
        wanted=_wanted(slots),
    )


def container_labels_by_id(
    slots: Sequence[Slot], others: Sequence[ObservedContainer]
) -> dict[str, str]:
    """
    Give each observed container a name for people that no other has.
    """
    labels: dict[str, str] = {}
    for slot in slots:
        if slot.keep:
            labels[slot.keep.id] = slot.target
        for number, container in enumerate(slot.surplus, start=1):
            labels[container.id] = f"{slot.target} (old{f' {number}' if number > 1 else ''})"
    taken: set[str] = set()
    for container in others:
        parsed = parse_container_labels(container.labels)
        name = f"container {container.name}"
        if parsed.service_name and parsed.replica:
            name = slot_name(parsed.service_name, parsed.replica)
        if name in taken:
            name = f"{name} ({container.id[:12]})"
        taken.add(name)
        labels[container.id] = name
    return labels


def _displaced(slot: Slot) -> tuple[ObservedContainer, ...]:
    """
    Containers of a slot that are stopped.
    """
    if slot.keep and slot.need in {Need.RECREATE, Need.RESTART}:
        return (slot.keep, *slot.surplus)
    return slot.surplus


def _by_service(slots: Sequence[Slot]) -> dict[str, tuple[Slot, ...]]:
    by_service: dict[str, tuple[Slot, ...]] = {}
    for slot in slots:
        by_service[slot.service.name] = (*by_service.get(slot.service.name, ()), slot)
    return by_service


def _makers(networks: Sequence[NetworkVerdict], volumes: Sequence[VolumeVerdict]) -> dict[str, str]:
    makers = {
        f"network {each.name}": f"create {each.target}"
        for each in networks
        if each.need is not NetworkNeed.NOTHING and not each.hold
    }
    makers.update(
        {
            f"volume {each.name}": f"create {each.target}"
            for each in volumes
            if each.absent and not each.hold
        }
    )
    return makers


def _base(scene: Scene, slots: Sequence[Slot], images: Sequence[Step]) -> tuple[str, ...]:
    """
    What every stop waits for: images, and all creates and copies that nothing must stop for.
    """
    base = [step.id for step in images]
    late = late_services(slots)
    for slot in slots:
        networks = {endpoint.network_name for endpoint in slot.spec.endpoints}
        is_late = slot.service.name in late or bool(networks & scene.renewed)
        if slot.need is Need.CREATE and not is_late:
            base.append(f"create {slot.target}")
            if slot.spec.service.files:
                base.append(f"copy files {slot.target}")
    return tuple(sorted(base))


def _hasty(
    slots: Mapping[str, tuple[Slot, ...]],
    going: Mapping[str, ObservedContainer],
    homes: Mapping[str, Slot],
) -> frozenset[str]:
    """
    Containers that have what another slot needs alone, before their own successor can start.
    """
    return frozenset(
        container_id
        for container_id, container in going.items()
        for own in slots.values()
        for slot in own
        if slot.starts
        and is_live(container)
        and homes.get(container_id) is not slot
        and claimed(container, slot, slots)
    )


def _wanted(slots: Sequence[Slot]) -> frozenset[str]:
    """
    Services whose readiness some start waits for, although nothing is wrong with their containers.
    """
    return frozenset(
        dependency.service_name
        for slot in slots
        if slot.starts
        for dependency in slot.service.depends_on
        if dependency.condition is Condition.HEALTHY
    )

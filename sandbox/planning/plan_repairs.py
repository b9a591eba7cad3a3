"""
Small repairs of a container that stays: its name and its networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import ConnectNetwork, DisconnectNetwork, RenameContainer
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Change, Hold, HoldReason, Step
from sandbox.planning.diff import present_containers
from sandbox.planning.drift import foreign_endpoints, missing_endpoints
from sandbox.planning.names import INGRESS, aside_name
from sandbox.planning.slot import CREATES, Need, is_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.action import Endpoint
    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.slot import Scene, Slot
    from sandbox.planning.wiring import Wiring


def repair_steps(wiring: Wiring, slot: Slot) -> Iterator[Step]:
    """
    Give a kept container its name and its networks back.
    """
    keep = slot.keep
    if keep is None or slot.need in CREATES:
        return
    if keep.name != slot.spec.name and not is_name_taken(wiring.scene, slot):
        yield _rename_step(wiring, slot, keep)
    if not is_done(keep) or not slot.job:
        yield from _network_steps(wiring, slot, keep)


def renamed_to(wiring: Wiring, slot: Slot) -> str:
    """
    What the kept container of *slot* is called once its name is repaired.
    """
    assert slot.keep, "only what is there has a name"
    return slot.keep.name if is_name_taken(wiring.scene, slot) else slot.spec.name


def rename_holds(scene: Scene, slots: Sequence[Slot]) -> Iterator[Hold]:
    """
    Containers of ours that cannot get their name back; they go on meanwhile.
    """
    for slot in slots:
        renamed = slot.keep and slot.keep.name != slot.spec.name
        if renamed and slot.need not in CREATES and is_name_taken(scene, slot):
            yield Hold(
                target=slot.target,
                reason=HoldReason.NAME_TAKEN,
                message=f"was renamed by hand, and its name {slot.spec.name} is taken by a "
                "container that is not ours; remove or rename that one",
            )


def is_name_taken(scene: Scene, slot: Slot) -> bool:
    """
    Tell whether a foreign container has the name that this slot needs.
    """
    return slot.spec.name in scene.observed.foreign_names.get("container", frozenset())


def name_blockers(scene: Scene, slots: Sequence[Slot]) -> dict[str, ObservedContainer]:
    """
    Containers of ours that hold a name which another one needs, by that name.

    They step aside first, whatever becomes of them later, so that two swapped names are no riddle.
    """
    holders = {container.name: container for container in present_containers(scene.observed)}
    blockers: dict[str, ObservedContainer] = {}
    for slot in slots:
        holder = holders.get(slot.spec.name)
        if holder and holder is not slot.keep and not slot.hold:
            blockers[slot.spec.name] = holder
    return blockers


def aside_steps(
    scene: Scene, blockers: Mapping[str, ObservedContainer], labels: Mapping[str, str]
) -> Iterator[Step]:
    """
    Free the names that are needed.
    """
    for name, container in sorted(blockers.items()):
        yield Step(
            id=f"rename {labels[container.id]} aside",
            action=RenameContainer(
                container_name=name,
                container_id=container.id,
                new_name=aside_name(scene.observed.owner, container.id),
            ),
            target=labels[container.id],
            reason=f"it holds the name {name}, which another container needs",
        )


def _rename_step(wiring: Wiring, slot: Slot, keep: ObservedContainer) -> Step:
    waits = {wiring.asides[name] for name in (keep.name, slot.spec.name) if name in wiring.asides}
    return Step(
        id=f"rename {slot.target}",
        action=RenameContainer(
            container_name=keep.name, container_id=keep.id, new_name=slot.spec.name
        ),
        target=slot.target,
        reason=f"renamed by hand: {slot.spec.name} -> {keep.name}",
        changes=(Change(field="name", old=keep.name, new=slot.spec.name),),
        depends_on=tuple(sorted(waits)),
        service_name=slot.service.name,
    )


def _network_steps(wiring: Wiring, slot: Slot, keep: ObservedContainer) -> Iterator[Step]:
    for name in foreign_endpoints(slot.spec, keep):
        reason = f"attached by hand to network {name}, which it does not declare"
        if slot.service.name == INGRESS:
            reason = f"no service is on network {name} any more"
        yield _disconnect_step(slot, keep, name, reason, _last_use(wiring, slot))
    for endpoint in missing_endpoints(wiring.scene, slot.spec, keep):
        waits: list[str] = []
        reason = f"disconnected by hand from network {endpoint.network_name}"
        if slot.service.name == INGRESS:
            reason = f"it serves what is on network {endpoint.network_name}"
        if keep.state is ContainerState.CREATED:
            reason = f"was created and not yet connected to network {endpoint.network_name}"
        if endpoint.network_name in keep.networks:
            reason = f"its names on network {endpoint.network_name} were changed by hand"
            disconnect = _disconnect_step(slot, keep, endpoint.network_name, reason)
            waits.append(disconnect.id)
            yield disconnect
        maker = wiring.makers.get(f"network {endpoint.network_name}")
        waits += [maker] if maker else []
        yield _connect_step(slot, keep, endpoint, reason, tuple(waits))


def _last_use(wiring: Wiring, slot: Slot) -> tuple[str, ...]:
    """
    Steps after which a running ingress needs no network but those that are declared.
    """
    if slot.service.name != INGRESS or slot.starts or slot.need is Need.UNPAUSE:
        return ()
    waits = {
        wait
        for course in wiring.courses.values()
        for group in (course.end, *course.stops.values())
        for wait in group
    }
    return tuple(sorted({wiring.configured, *waits} - {""}))


def _disconnect_step(
    slot: Slot,
    keep: ObservedContainer,
    name: str,
    reason: str,
    waits: tuple[str, ...] = (),
) -> Step:
    return Step(
        id=f"disconnect {slot.target} from {name}",
        action=DisconnectNetwork(container_name=keep.name, container_id=keep.id, network_name=name),
        target=slot.target,
        reason=reason,
        depends_on=waits,
        service_name=slot.service.name,
    )


def _connect_step(
    slot: Slot, keep: ObservedContainer, endpoint: Endpoint, reason: str, waits: tuple[str, ...]
) -> Step:
    return Step(
        id=f"connect {slot.target} to {endpoint.network_name}",
        action=ConnectNetwork(container_name=keep.name, container_id=keep.id, endpoint=endpoint),
        target=slot.target,
        reason=reason,
        depends_on=waits,
        service_name=slot.service.name,
    )

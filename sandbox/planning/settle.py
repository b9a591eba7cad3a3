"""
What cannot be done now, and what follows from that: a held dependency holds its dependents.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState
from sandbox.model.plan import Hold, HoldReason
from sandbox.model.service import PullPolicy
from sandbox.planning.admission import container_hold, judge_of_containers
from sandbox.planning.api_version import container_needs
from sandbox.planning.diff import judge_slots, leftovers
from sandbox.planning.exclusive import addresses_in_the_way, claimed
from sandbox.planning.follow import recreate_followers, restart_followers
from sandbox.planning.host_ports import is_same_port
from sandbox.planning.labels import SERVICE
from sandbox.planning.order import dependency_ranks
from sandbox.planning.plan_networks import NetworkNeed, absent_networks, renewed_names
from sandbox.planning.routes import INGRESS
from sandbox.planning.slot import STARTS, Need, is_live
from sandbox.planning.subnet_claims import kept_subnet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.service import Dependency, Port, Service
    from sandbox.planning.plan_networks import NetworkVerdict
    from sandbox.planning.slot import Scene, Slot


def settle(
    scene: Scene, networks: Sequence[NetworkVerdict]
) -> tuple[Scene, tuple[Slot, ...], tuple[NetworkVerdict, ...]]:
    """
    Decide what is held, until nothing more follows.

    A network can only be renewed when everything on it can be made anew; giving one up may give
    others work back, so this repeats, each time with at least one network less.
    """
    while True:
        slots = hold_slots(scene, judge_slots(scene))
        keeper = "" if scene.port_keeper else _port_keeper(slots)
        if keeper:
            scene = replace(scene, port_keeper=keeper)
            continue
        slots = recreate_followers(scene, slots, service_ranks(scene))
        slots = restart_followers(_restart_dependents(scene, slots), service_ranks(scene))
        stuck = _stuck_networks(scene, slots)
        if not stuck:
            return scene, slots, tuple(networks)
        networks = [_give_up(each, stuck) for each in networks]
        scene = replace(
            scene,
            renewed=renewed_names(networks),
            absent={**scene.absent, **absent_networks(networks)},
        )


def hold_slots(scene: Scene, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """
    Hold every slot that cannot be started now; what runs unchanged goes on.
    """
    services = {service.name: service for service in scene.desired.services}
    ranks = service_ranks(scene)
    judge = judge_of_containers(scene.committed, scene.observed, scene.policy)
    held: dict[str, str] = {}
    result: dict[tuple[str, int], Slot] = {}
    for slot in sorted(slots, key=lambda each: (ranks[each.service.name], each.replica)):
        # What runs already is judged as well: it may have been allowed once, and is not any more.
        hold = container_hold(judge, slot.spec, slot.target) or slot.hold
        if slot.need in STARTS:
            hold = hold or _find_hold(scene, slot, services, held) or _address_hold(slot, slots)
        hold = hold or _behind_held_ingress(scene, slot, held)
        result[slot.service.name, slot.replica] = replace(slot, hold=hold)
        if hold:
            held.setdefault(slot.service.name, slot.target)
    return tuple(result[slot.service.name, slot.replica] for slot in slots)


def hold_start(scene: Scene, slot: Slot) -> Hold | None:
    """
    Say why the container of *slot*, which depends on no other, cannot be made and started now.
    """
    judge = judge_of_containers(scene.committed, scene.observed, scene.policy)
    return container_hold(judge, slot.spec, slot.target) or _find_hold(scene, slot, {}, {})


def service_ranks(scene: Scene) -> dict[str, int]:
    """
    Number the services so that each comes after its dependencies, and all after the ingress.
    """
    return dependency_ranks(
        {
            service.name: [INGRESS, *(each.service_name for each in service.depends_on)]
            for service in scene.desired.services
        }
    )


def service_holds(scene: Scene, slots: Sequence[Slot]) -> tuple[Hold, ...]:
    """
    One hold for each service and reason: replicas say the same thing.

    A port that cannot be published is told too when its service runs on as it is.
    """
    holds: dict[tuple[str, HoldReason], Hold] = {}
    for slot in slots:
        if slot.hold:
            holds.setdefault((slot.service.name, slot.hold.reason), slot.hold)
    for each in scene.blocked:
        hold = Hold(
            target=each.service_name,
            reason=HoldReason.PORT_TAKEN,
            message=_port_message(each.wanted, each.holder),
            service_name=each.service_name,
        )
        holds.setdefault((each.service_name, HoldReason.PORT_TAKEN), hold)
    return tuple(holds.values())


def _behind_held_ingress(scene: Scene, slot: Slot, held: Mapping[str, str]) -> Hold | None:
    """
    Leave everything behind a held ingress as it is: the requests cannot be moved.
    """
    if INGRESS not in held or slot.service.name not in scene.routed or not _changes(slot):
        return None
    message = f"waits for {held[INGRESS]}, which is held"
    return _hold(slot, HoldReason.DEPENDENCY_HELD, message)


def _find_hold(
    scene: Scene, slot: Slot, services: Mapping[str, Service], held: Mapping[str, str]
) -> Hold | None:
    taken = scene.observed.foreign_names.get("container", frozenset())
    if slot.need is Need.CREATE and slot.spec.name in taken:
        message = f"a container named {slot.spec.name} exists and is not ours; remove or rename it"
        return _hold(slot, HoldReason.NAME_TAKEN, message)
    message = container_needs(slot.spec, scene.observed.api_version) if slot.creates else ""
    if message:
        return _hold(slot, HoldReason.ENGINE_TOO_OLD, message)
    message = _taken_port(scene, slot)
    if message:
        return _hold(slot, HoldReason.PORT_TAKEN, message)
    why = scene.policy.broken_images.get(slot.spec.service.image)
    if slot.creates and why and slot.spec.service.image not in scene.observed.images:
        message = f"{why}; commit a fix, or try again: sandbox sync"
        return _hold(slot, HoldReason.IMAGE_BROKEN, message)
    if slot.creates and _never_comes(scene, slot):
        message = f"{slot.spec.service.image} is not on this machine, and is never pulled"
        return _hold(slot, HoldReason.IMAGE_BROKEN, f"{message} (pull_policy: never)")
    for name in _used_names(slot):
        if name in scene.absent:
            return _hold(slot, HoldReason.DEPENDENCY_HELD, f"waits for {scene.absent[name]}")
    for dependency in _required(slot.service, services):
        if dependency.service_name in held:
            message = f"waits for {held[dependency.service_name]}, which is held"
            return _hold(slot, HoldReason.DEPENDENCY_HELD, message)
    return None


def _address_hold(slot: Slot, slots: Sequence[Slot]) -> Hold | None:
    """
    Hold a slot whose fixed address the engine gave to a container that stays.
    """
    for other in slots:
        stays = other.keep and is_live(other.keep) and other.need not in STARTS
        if other.keep and stays and other.service.name != slot.service.name:
            for thing in addresses_in_the_way(other.keep, slot):
                message = (
                    f"{other.target} has the {thing} and stays; give {other.service.name} one of "
                    f"its own, or keep the engine from giving it away (`ip_range` of the network)"
                )
                return _hold(slot, HoldReason.ADDRESS_TAKEN, message)
    return None


def _never_comes(scene: Scene, slot: Slot) -> bool:
    """
    Tell whether the image is missing and may not be asked for.
    """
    service = slot.spec.service
    never = service.build is None and service.pull_policy is PullPolicy.NEVER
    return never and service.image not in scene.observed.images


def _taken_port(scene: Scene, slot: Slot) -> str:
    """
    Who else holds a port that is to be published, and what to do; empty when nobody does.
    """
    for blocked in scene.blocked:
        if blocked.service_name == slot.service.name:
            return _port_message(blocked.wanted, blocked.holder)
    if slot.service.name == INGRESS:  # It publishes what is free of others.
        return f"{scene.port_keeper}, which is held, binds a port of it" * bool(scene.port_keeper)
    for port in slot.service.ports:
        for taken in scene.observed.taken_ports:
            # Of a range the engine chooses what is free.
            if is_same_port(port, taken.bound) and port.published_end <= port.published:
                return _port_message(port, taken.holder)
    return ""


def _port_keeper(slots: Sequence[Slot]) -> str:
    """
    A held slot whose container binds what the ingress is to publish; empty when none does.
    """
    for ingress in slots:
        if ingress.service.name != INGRESS or not ingress.starts:
            continue
        for slot in slots:
            staying = [slot.keep, *slot.surplus] if slot.hold else []
            if any(each and is_live(each) and claimed(each, ingress, {}) for each in staying):
                return slot.target
    return ""


def _port_message(port: Port, holder: str) -> str:
    where = f"{port.host_ip}:{port.published}"
    return f"port {where} is held by {holder}; stop that, or publish another port"


def _changes(slot: Slot) -> bool:
    return slot.need in STARTS or any(is_live(each) for each in slot.surplus)


def _used_names(slot: Slot) -> list[str]:
    names = [f"network {endpoint.network_name}" for endpoint in slot.spec.endpoints]
    volumes = slot.spec.volume_names
    return [*names, *(f"volume {volumes[key]}" for key in sorted(volumes))]


def _required(service: Service, services: Mapping[str, Service]) -> list[Dependency]:
    needed = [each for each in service.depends_on if each.required]
    return sorted(
        (each for each in needed if each.service_name in services),
        key=lambda each: each.service_name,
    )


def _hold(slot: Slot, reason: HoldReason, message: str) -> Hold:
    return Hold(target=slot.target, reason=reason, message=message, service_name=slot.service.name)


def _restart_dependents(scene: Scene, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """
    Restart what runs unchanged and asked for it, when a dependency of it was replaced.
    """
    by_service: dict[str, list[Slot]] = {}
    for slot in slots:
        by_service.setdefault(slot.service.name, []).append(slot)
    services = {service.name: service for service in scene.desired.services}
    return tuple(_restarted(slot, by_service, services) for slot in slots)


def _restarted(
    slot: Slot, by_service: Mapping[str, list[Slot]], services: Mapping[str, Service]
) -> Slot:
    keep = slot.keep
    if slot.job or slot.need not in {Need.NOTHING, Need.AWAIT} or keep is None:
        return slot
    if keep.state is not ContainerState.RUNNING or _waits_for_held(slot, by_service, services):
        return slot
    for dependency in sorted(slot.service.depends_on, key=lambda each: each.service_name):
        others = by_service.get(dependency.service_name, [])
        if dependency.restart and _was_replaced(others, since=keep.started_at):
            reason = f"{dependency.service_name}, which it depends on, was replaced"
            return replace(slot, need=Need.RESTART, reason=reason)
    return slot


def _waits_for_held(
    slot: Slot, by_service: Mapping[str, list[Slot]], services: Mapping[str, Service]
) -> bool:
    return any(
        other.hold
        for dependency in _required(slot.service, services)
        for other in by_service.get(dependency.service_name, [])
    )


def _was_replaced(slots: Sequence[Slot], *, since: float) -> bool:
    """
    Tell whether all containers of a service are newer than *since*, or will be.

    Looking at times too finds what a run that was interrupted after the replacement left undone.
    """
    return bool(slots) and all(
        slot.creates or (slot.keep is not None and slot.keep.created_at > since > 0)
        for slot in slots
    )


def _stuck_networks(scene: Scene, slots: Sequence[Slot]) -> dict[str, str]:
    """
    Networks that cannot be renewed after all, with what stands in the way.
    """
    stuck: dict[str, str] = {}
    attached: list[tuple[str, str]] = []
    for slot in slots:
        attached.extend((name, why) for name, why in _stuck_slot(slot))
    for found, why in (
        (kept_orphans(scene), "is no longer declared, and prune is off"),
        (held_leftovers(scene, slots), "serves while the rest of its service is held"),
    ):
        attached.extend((name, f"{each.name} {why}") for each in found for name in each.networks)
    for name, why in attached:
        if name in scene.renewed:
            stuck.setdefault(name, why)
    return stuck


def may_prune(scene: Scene) -> bool:
    """
    Tell whether what is no longer declared may be removed: file and policy must both allow it.
    """
    return scene.policy.prune and scene.desired.settings.sync.prune


def kept_orphans(scene: Scene) -> tuple[ObservedContainer, ...]:
    """
    Containers of undeclared services that nobody allowed us to remove.
    """
    if may_prune(scene):
        return ()
    declared = {service.name for service in scene.desired.services}
    # The ingress was never declared: it goes with what it was for. A gate's goes when it ended.
    declared |= {INGRESS, *(gate.name for gate in scene.desired.gates)}
    return tuple(each for each in leftovers(scene) if each.labels.get(SERVICE) not in declared)


def held_leftovers(scene: Scene, slots: Sequence[Slot]) -> tuple[ObservedContainer, ...]:
    """
    Replicas too many of services that have nothing else: all that is declared of them is held.
    """
    active = {slot.service.name for slot in slots if not slot.hold}
    held = {slot.service.name for slot in slots} - active
    if not held:
        return ()
    found = (each for each in leftovers(scene) if is_live(each))
    return tuple(each for each in found if each.labels.get(SERVICE) in held)


def _give_up(verdict: NetworkVerdict, stuck: Mapping[str, str]) -> NetworkVerdict:
    if not verdict.makes:
        return verdict
    for network in verdict.replaces:
        if network.name in stuck:
            return kept_subnet(verdict, network, stuck[network.name])
    if verdict.need is not NetworkNeed.RENEW or verdict.name not in stuck:
        return verdict
    hold = Hold(
        target=verdict.target,
        reason=HoldReason.NETWORK_IN_USE,
        message=f"its definition changed, but {stuck[verdict.name]}",
    )
    return replace(verdict, hold=hold)


def _stuck_slot(slot: Slot) -> list[tuple[str, str]]:
    if slot.hold:
        why = f"{slot.target} is held"
        present = [slot.keep, *slot.surplus]
    elif slot.job and slot.keep and slot.need in {Need.AWAIT, Need.UNPAUSE}:
        why = f"job {slot.target} still runs"
        present = [slot.keep]
    else:
        return []
    return [(name, why) for each in present if each for name in each.networks]

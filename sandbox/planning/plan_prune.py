"""
What is no longer declared: containers and networks go, volumes never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import DisconnectNetwork, RemoveContainer, RemoveNetwork
from sandbox.model.plan import Hold, HoldReason, Step
from sandbox.planning.labels import is_owned, parse_container_labels
from sandbox.planning.plan_containers import remove_step, stop_step
from sandbox.planning.plan_networks import disconnecting, network_target
from sandbox.planning.slot import is_live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.observed import ObservedContainer, ObservedNetwork, ObservedState
    from sandbox.planning.slot import Scene
    from sandbox.planning.wiring import Wiring


def prune_steps(
    wiring: Wiring, containers: Sequence[ObservedContainer], declared: frozenset[str]
) -> Iterator[Step]:
    """
    Stop and remove containers that belong to no slot.
    """
    gates = {gate.name for gate in wiring.scene.desired.gates}
    for container in containers:
        service_name = parse_container_labels(container.labels).service_name
        reason = "is no longer declared"
        if service_name in declared:
            reason = "is one replica too many"
        elif service_name in gates:
            reason = "an interrupted gate left it"
        if is_live(container):
            yield stop_step(wiring, container, reason, service_name)
        yield remove_step(wiring, container, reason, service_name, gate=service_name in gates)


def orphan_holds(
    containers: Sequence[ObservedContainer], labels: Mapping[str, str]
) -> Iterator[Hold]:
    """
    Say what would be removed if pruning was allowed.
    """
    for container in containers:
        yield Hold(
            target=labels[container.id],
            reason=HoldReason.PRUNE_OFF,
            message="is no longer declared, and prune is off",
        )


def prune_networks(
    scene: Scene, networks: Sequence[ObservedNetwork], steps: Sequence[Step], *, prune: bool
) -> tuple[list[Step], list[Hold]]:
    """
    Remove undeclared networks that nothing stays attached to.

    *steps* are the container steps of the plan: what they detach is gone by then.
    """
    removals: list[Step] = []
    holds: list[Hold] = []
    seen: dict[str, int] = {}
    for network in networks:
        target = network_target(network)
        seen[target] = seen.get(target, 0) + 1
        target += f" (old {seen[target]})" if seen[target] > 1 else " (old)"
        hold = _network_hold(scene.observed, network, steps, target, prune=prune)
        if hold:
            holds.append(hold)
        else:
            removals.append(_removal(scene.observed, network, steps, target))
    return removals, holds


def detaching_steps(
    observed: ObservedState, network: ObservedNetwork, steps: Sequence[Step]
) -> tuple[str, ...]:
    """
    Ids of the steps after which none of the containers they act on is attached to *network*.
    """
    attached = {each.id for each in observed.containers if network.name in each.networks}
    attached |= set(network.endpoints)
    return tuple(sorted(step.id for step in steps if _detaches(step, network.name) in attached))


def _detaches(step: Step, network_name: str) -> str:
    """
    Id of the container that *step* takes off the network; empty if it takes none.
    """
    match step.action:
        case RemoveContainer(container_id=container_id):
            return container_id
        case DisconnectNetwork(container_id=container_id, network_name=name):
            return container_id if name == network_name else ""
        case _:
            return ""


def _network_hold(
    observed: ObservedState,
    network: ObservedNetwork,
    steps: Sequence[Step],
    target: str,
    *,
    prune: bool,
) -> Hold | None:
    if not prune:
        message = "is no longer declared, and prune is off"
        return Hold(target=target, reason=HoldReason.PRUNE_OFF, message=message)
    ours = {each.id: each for each in observed.containers if is_owned(each.labels, observed.owner)}
    gone = {_detaches(step, network.name) for step in steps}
    # A container of ours that stands still does not stop the engine from removing a network.
    gone |= {each.id for each in ours.values() if not is_live(each)}
    staying = [each for each in network.endpoints if each not in gone]
    if not staying:
        return None
    if staying[0] in ours:
        message = f"is no longer declared, but {ours[staying[0]].name} is attached to it"
    else:
        command = disconnecting(network.name, staying[0])
        message = "is no longer declared, but a container that is not ours is attached to it; "
        message += f"take it off: {command}"
    return Hold(target=target, reason=HoldReason.NETWORK_IN_USE, message=message)


def _removal(
    observed: ObservedState, network: ObservedNetwork, steps: Sequence[Step], target: str
) -> Step:
    return Step(
        id=f"remove {target}",
        action=RemoveNetwork(name=network.name, network_id=network.id),
        target=target,
        reason="is no longer declared",
        depends_on=detaching_steps(observed, network, steps),
    )

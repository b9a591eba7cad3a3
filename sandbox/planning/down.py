"""
Take an environment down: containers and networks go, volumes only when they are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import RemoveNetwork, RemoveVolume
from sandbox.model.plan import Hold, HoldReason, Plan, Step
from sandbox.planning.diff import present_containers
from sandbox.planning.labels import TARGET, is_owned, parse_container_labels, resource_key
from sandbox.planning.order import dependency_ranks, sort_steps
from sandbox.planning.place_volumes import engine_names, keep_steps, keep_waits, place_target
from sandbox.planning.plan_containers import remove_action, stop_action
from sandbox.planning.plan_contents import copies
from sandbox.planning.plan_networks import disconnecting, network_target, own_networks
from sandbox.planning.slot import is_live
from sandbox.planning.wire import container_labels_by_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.observed import (
        ObservedContainer,
        ObservedNetwork,
        ObservedState,
        ObservedVolume,
    )

_REASON = "the environment is taken down"


def plan_down(observed: ObservedState, *, volumes: bool) -> Plan:
    """
    Compute the steps that remove everything of one environment, dependents first.

    Args:
        observed: One snapshot; Git is not asked, so that a broken environment can go too.
        volumes: Delete its volumes and their data.
    """
    containers = present_containers(observed)
    labels = container_labels_by_id((), containers)
    keeps = {} if volumes else keep_steps(observed, containers)
    steps = [*keeps.values(), *_container_steps(containers, labels, keeps)]
    holds: list[Hold] = []
    ours = {each.id for each in observed.containers}
    for network in own_networks(observed):
        strangers = sorted(set(network.endpoints) - ours)
        if strangers:
            holds.append(_in_use(network, strangers[0]))
        else:
            steps.append(_network_step(network, containers, labels))
    waits = tuple(sorted(f"remove {labels[each.id]}" for each in containers))
    steps += _copy_steps(observed, waits)
    if volumes:
        steps += _volume_steps(observed, waits)
    return Plan(
        environment=observed.owner.environment,
        revision="",
        release="",
        steps=sort_steps(steps),
        holds=tuple(holds),
    )


def _container_steps(
    containers: Sequence[ObservedContainer],
    labels: Mapping[str, str],
    keeps: Mapping[str, Step],
) -> Iterator[Step]:
    live = [each for each in containers if is_live(each)]
    ranks = _ranks(live)
    for container in live:
        parsed = parse_container_labels(container.labels)
        dependents = [
            f"stop {labels[other.id]}"
            for other in live
            if parsed.service_name in parse_container_labels(other.labels).depends_on
            and ranks[parsed.service_name] < ranks[_service_name(other)]
        ]
        yield Step(
            id=f"stop {labels[container.id]}",
            action=stop_action(container),
            target=labels[container.id],
            reason=_REASON,
            after=tuple(sorted(dependents)),
            service_name=parsed.service_name,
        )
    for container in containers:
        waits = [*keep_waits(container, keeps)]
        waits += [f"stop {labels[container.id]}"] if is_live(container) else []
        yield Step(
            id=f"remove {labels[container.id]}",
            action=remove_action(container),
            target=labels[container.id],
            reason=_REASON,
            depends_on=tuple(sorted(waits)),
            service_name=_service_name(container),
        )


def _ranks(containers: Sequence[ObservedContainer]) -> dict[str, int]:
    waits_for: dict[str, set[str]] = {}
    for container in containers:
        parsed = parse_container_labels(container.labels)
        waits_for.setdefault(parsed.service_name, set()).update(parsed.depends_on)
    return dependency_ranks(waits_for)


def _network_step(
    network: ObservedNetwork, containers: Sequence[ObservedContainer], labels: Mapping[str, str]
) -> Step:
    attached = [
        each for each in containers if network.name in each.networks or each.id in network.endpoints
    ]
    # Two networks of one name are possible on an engine; the id tells them apart.
    return Step(
        id=f"remove {network_target(network)} {network.id[:12]}",
        action=RemoveNetwork(name=network.name, network_id=network.id),
        target=network_target(network),
        reason=_REASON,
        depends_on=tuple(sorted(f"remove {labels[each.id]}" for each in attached)),
    )


def _copy_steps(observed: ObservedState, waits: tuple[str, ...]) -> Iterator[Step]:
    for name in copies(observed):
        yield Step(
            id=f"remove volume {name}",
            action=RemoveVolume(name=name),
            target=f"volume {name}",
            reason="holds a copy of committed files",
            depends_on=waits,
        )


def _volume_steps(observed: ObservedState, waits: tuple[str, ...]) -> Iterator[Step]:
    gone = copies(observed)
    owned = [
        each
        for each in observed.volumes
        if is_owned(each.labels, observed.owner) and each.name not in gone
    ]
    targets = {each.name: _volume_target(each) for each in owned} | engine_names(observed)
    for name, target in sorted(targets.items()):
        yield Step(
            id=f"remove volume {name}",
            action=RemoveVolume(name=name),
            target=target,
            reason="its data was asked to be deleted",
            depends_on=waits,
        )


def _volume_target(volume: ObservedVolume) -> str:
    if volume.labels.get(TARGET):
        return place_target(volume.labels)
    return f"volume {resource_key(volume.labels) or volume.name}"


def _in_use(network: ObservedNetwork, stranger: str) -> Hold:
    return Hold(
        target=network_target(network),
        reason=HoldReason.NETWORK_IN_USE,
        message="stays, as a container that is not ours is attached to it; take it off: "
        + disconnecting(network.name, stranger),
    )


def _service_name(container: ObservedContainer) -> str:
    return parse_container_labels(container.labels).service_name

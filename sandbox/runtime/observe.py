"""Look at the engine, and add what our own probes proved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.planning.host_ports import asked_ports, host_ports
from sandbox.planning.images import references
from sandbox.planning.labels import SERVICE
from sandbox.planning.routes import INGRESS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState, TakenPort
    from sandbox.runtime.workspace import Workspace


def observe(workspace: Workspace, desired: DesiredState) -> ObservedState:
    """Take a snapshot of the environment of *desired*."""
    observed = workspace.engine.observe(workspace.owner(desired), references(desired))
    taken = (*observed.taken_ports, *_held_by_processes(workspace, desired, observed))
    return with_proofs(workspace, replace(observed, taken_ports=taken))


def with_proofs(workspace: Workspace, observed: ObservedState) -> ObservedState:
    """Add what the journal knows of the containers that were *observed*."""
    proven, routed = workspace.journal.ready(), workspace.journal.routed()
    containers = tuple(
        _with_hash(_with_proof(container, proven), routed) for container in observed.containers
    )
    told = (
        routed[container.id][1]
        for container in containers
        if container.labels.get(SERVICE) == INGRESS and container.id in routed
    )
    return replace(observed, containers=containers, told_hash=next(told, ""))


def _held_by_processes(
    workspace: Workspace, desired: DesiredState, observed: ObservedState
) -> Iterator[TakenPort]:
    """What the engine cannot know: servers of this machine on a port that is to be published."""
    ours = {number for each in observed.containers for _, number, _ in each.host_ports}
    moved = {each.given.published for each in host_ports(desired, observed) if each.given}
    for number in sorted((asked_ports(desired) | moved) - {0} - ours):
        yield from workspace.taken_ports(number)


def _with_proof(container: ObservedContainer, proven: Mapping[str, float]) -> ObservedContainer:
    """Our probe counts until the engine has a verdict of its own, for this very start only."""
    waiting = (
        container.state is ContainerState.RUNNING and container.health is EngineHealth.STARTING
    )
    if waiting and proven.get(container.id) == container.started_at:
        return replace(container, ready=True)
    return container


def _with_hash(
    container: ObservedContainer, routed: Mapping[str, tuple[float, str]]
) -> ObservedContainer:
    """What an ingress proved counts for this very start, and until its healthcheck says else."""
    started_at, config_hash = routed.get(container.id, (0.0, ""))
    if not config_hash or container.health is EngineHealth.UNHEALTHY:
        return container
    if container.state is ContainerState.RUNNING and started_at == container.started_at:
        return replace(container, config_hash=config_hash)
    return container

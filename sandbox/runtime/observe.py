"""Look at the engine, and add what our own probes proved."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.planning.host_ports import asked_ports, host_ports
from sandbox.planning.images import references
from sandbox.planning.labels import ENVIRONMENT, IN_COMMIT, PRE_STOP, REVISION, SERVICE, hooks_text
from sandbox.planning.routes import INGRESS
from sandbox.runtime.desired import load_at
from sandbox.secrecy.harvest import secrets_of_value
from sandbox.secrecy.vault import learn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Creation, ObservedContainer, ObservedState, TakenPort
    from sandbox.model.surroundings import Hook
    from sandbox.ports import Repository
    from sandbox.runtime.workspace import Workspace


def observe(workspace: Workspace, desired: DesiredState) -> ObservedState:
    """Take a snapshot of the environment of *desired*."""
    observed = workspace.engine.observe(workspace.owner(desired), references(desired))
    taken = (*observed.taken_ports, *_held_by_processes(workspace, desired, observed))
    observed = replace(observed, taken_ports=taken, edge=bool(workspace.edge_port))
    return with_proofs(workspace, observed)


def with_proofs(workspace: Workspace, observed: ObservedState) -> ObservedState:
    """Add what the journal knows of the containers that were *observed*."""
    proven, routed = workspace.journal.ready(), workspace.journal.routed()
    creations = workspace.journal.creations([each.id for each in observed.containers])
    containers = tuple(
        _with_hash(workspace, _with_journal(container, proven, creations.get(container.id)), routed)
        for container in map(partial(_with_hooks, workspace.repository), observed.containers)
    )
    for container in containers:
        # Its secrets may be older than every commit that is loaded, and stand in its log.
        learn(secrets_of_value(container.given))
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


def _with_hooks(repository: Repository, container: ObservedContainer) -> ObservedContainer:
    """Read hooks that hold a secret, and are not in the label therefore, from the commit."""
    labels = container.labels
    if labels.get(PRE_STOP) != IN_COMMIT:
        return container
    hooks: tuple[Hook, ...] = ()
    with suppress(SandboxError):  # without them it is stopped all the same
        desired = load_at(repository, labels.get(ENVIRONMENT, ""), labels.get(REVISION, ""))
        named = (each for each in desired.services if each.name == labels.get(SERVICE))
        hooks = next((service.hooks.pre_stop for service in named), ())
    return replace(container, labels={**labels, PRE_STOP: hooks_text(hooks)})


def _with_journal(
    container: ObservedContainer, proven: Mapping[str, float], creation: Creation | None
) -> ObservedContainer:
    """Our probe counts until the engine has a verdict of its own, for this very start only."""
    running = container.state is ContainerState.RUNNING
    seen_ready = running and proven.get(container.id) == container.started_at
    waiting = container.health is EngineHealth.STARTING
    return replace(
        container,
        ready=container.ready or (seen_ready and waiting),
        seen_ready=seen_ready,
        creation=creation,
    )


def _with_hash(
    workspace: Workspace, container: ObservedContainer, routed: Mapping[str, tuple[float, str]]
) -> ObservedContainer:
    """
    What an ingress proved counts for this very start.

    When its healthcheck says else the ingress is asked, and what it proves now counts: the engine
    looks seldom, and a busy machine fails healthchecks too.
    """
    started_at, config_hash = routed.get(container.id, (0.0, ""))
    same_start = container.state is ContainerState.RUNNING and started_at == container.started_at
    if not config_hash or not same_start:
        return container
    if container.health is not EngineHealth.UNHEALTHY:
        return replace(container, config_hash=config_hash)
    if _reported_hash(workspace, container.id) != config_hash:
        return container
    return replace(container, config_hash=config_hash, health=EngineHealth.HEALTHY)


def _reported_hash(workspace: Workspace, container_id: str) -> str:
    try:
        return workspace.ingress.report(container_id).config_hash
    except SandboxError:
        return ""

"""Look at the engine, and add what our own probes proved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.planning.images import references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.runtime.workspace import Workspace


def observe(workspace: Workspace, desired: DesiredState) -> ObservedState:
    """Take a snapshot of the environment of *desired*."""
    observed = workspace.engine.observe(workspace.owner(desired), references(desired))
    proven = workspace.journal.ready()
    containers = tuple(_with_proof(container, proven) for container in observed.containers)
    return replace(observed, containers=containers)


def _with_proof(container: ObservedContainer, proven: Mapping[str, float]) -> ObservedContainer:
    """Our probe counts until the engine has a verdict of its own, for this very start only."""
    waiting = (
        container.state is ContainerState.RUNNING and container.health is EngineHealth.STARTING
    )
    if waiting and proven.get(container.id) == container.started_at:
        return replace(container, ready=True)
    return container

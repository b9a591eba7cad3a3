"""What the ingress serves is evidence: a look that contradicts it is not acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import ImplausibleError, IngressError
from sandbox.model.action import ConfigureIngress
from sandbox.model.observed import ContainerState
from sandbox.planning.labels import INSTANCE

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedState
    from sandbox.model.plan import Plan
    from sandbox.runtime.workspace import Workspace


def refuse_blind(workspace: Workspace, observed: ObservedState, plan: Plan) -> None:
    """
    Return when *plan* takes no server from a live ingress that is there unseen.

    Raises:
        ImplausibleError: A backend would be left without servers, and one that it had still runs
            although *observed* is without it.
    """
    seen = {container.name for container in observed.containers}
    for step in plan.steps:
        action = step.action
        if not isinstance(action, ConfigureIngress) or not action.container_id:
            continue
        empty = {each.name for each in action.config.backends if not each.servers}
        for name in sorted(_servers(workspace, action.container_id, empty) - seen):
            container = workspace.engine.inspect_container(name)
            ours = container and container.labels.get(INSTANCE) == workspace.repository.instance
            if container and ours and container.state is ContainerState.RUNNING:
                raise ImplausibleError(
                    f"the engine's list lacks {name}, which runs and which the ingress serves;"
                    " sandbox looks again before it acts"
                )


def _servers(workspace: Workspace, ingress_id: str, backends: set[str]) -> set[str]:
    """Names of the containers that *backends* of the ingress sent requests to, as far as known."""
    if not backends:
        return set()
    try:
        report = workspace.ingress.report(ingress_id)
    except IngressError:
        return set()
    return {each.server for each in report.servers if each.backend in backends and each.server}

"""Find the containers that a person means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import NotFoundError
from sandbox.model.observed import ContainerState, Owner
from sandbox.planning.labels import REPLICA, SERVICE
from sandbox.planning.slot import is_ready
from sandbox.runtime.desired import require_environment
from sandbox.runtime.observe import with_proofs

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedContainer
    from sandbox.runtime.workspace import Workspace


def containers_of(
    workspace: Workspace, environment: str, service: str | None = None
) -> tuple[ObservedContainer, ...]:
    """
    Give the containers of an environment or of one service, by service and replica.

    Works whatever Git says: somebody whose files are broken or gone needs the logs most.

    Raises:
        NotFoundError: No such environment, or the service has no container.
    """
    owner = Owner(instance=workspace.repository.instance, application="", environment=environment)
    observed = with_proofs(workspace, workspace.engine.observe(owner, ()))
    if not observed.containers:
        require_environment(workspace.repository, environment)
    found = [
        container
        for container in observed.containers
        if service is None or container.labels.get(SERVICE) == service
    ]
    if not found:
        what = (
            f"{environment} has no container of {service}"
            if service
            else f"{environment} has no container"
        )
        names = sorted({container.labels.get(SERVICE, "") for container in observed.containers})
        remedy = f"there are: {', '.join(names)}" if names else f"run: sandbox up {environment}"
        raise NotFoundError(what, remedy=remedy)
    return tuple(sorted(found, key=_order))


def find_container(workspace: Workspace, environment: str, service: str) -> ObservedContainer:
    """
    Give the first running container of a service, else the newest of them.

    Of two generations it is the newer one, as soon as it is ready.
    """
    found = containers_of(workspace, environment, service)
    running = [item for item in found if item.state is ContainerState.RUNNING]
    if not running:
        return max(found, key=lambda item: item.started_at)
    return min(running, key=lambda item: (_order(item)[1], not is_ready(item), -item.created_at))


def find_running(workspace: Workspace, environment: str, service: str) -> ObservedContainer:
    """
    Give the first running container of a service.

    Raises:
        NotFoundError: None of them runs.
    """
    found = find_container(workspace, environment, service)
    if found.state is not ContainerState.RUNNING:
        raise NotFoundError(
            f"{environment}: no container of {service} is running; {found.name} is {found.state}",
            remedy=f"see why: sandbox logs {environment} {service}",
        )
    return found


def _order(container: ObservedContainer) -> tuple[str, int, str]:
    labels = container.labels
    return labels.get(SERVICE, ""), int(labels.get(REPLICA, "0")), container.name

"""Wait for an environment; every wait is finite and names what it waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import DeadlineError, NotFoundError
from sandbox.model.status import EnvironmentStatus, Health, SyncStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

LOOK_S = 0.2


def wait_for(
    workspace: Workspace,
    control: Control,
    environment: str,
    *,
    revision: str | None,
    healthy: bool,
    timeout_s: float,
    on_status: Callable[[EnvironmentStatus], None],
) -> EnvironmentStatus:
    """
    Return when *environment* is in sync, at *revision* if given, and healthy if asked.

    Raises:
        DeadlineError: It was not within *timeout_s* seconds.
        NotFoundError: No such environment or revision.
    """
    commit = workspace.repository.resolve(revision) if revision else ""
    if commit is None:
        message = f"revision {revision!r} does not exist"
        raise NotFoundError(message, remedy="see: git log --oneline --all")
    deadline = workspace.clock.monotonic() + timeout_s
    while True:
        (status,) = control.status((environment,))
        if _is_there(status, commit, healthy=healthy):
            return status
        on_status(status)
        if workspace.clock.monotonic() >= deadline:
            raise _too_late(status, commit, timeout_s, healthy=healthy)
        workspace.clock.sleep(LOOK_S)


def _is_there(status: EnvironmentStatus, commit: str, *, healthy: bool) -> bool:
    if commit and status.revision != commit:
        return False
    if status.sync is not SyncStatus.SYNCED:
        return False
    return status.health is Health.HEALTHY or not healthy


def _too_late(
    status: EnvironmentStatus, commit: str, timeout_s: float, *, healthy: bool
) -> DeadlineError:
    wanted = (
        "in sync" + (f" with {commit[:7]}" if commit else "") + (" and healthy" if healthy else "")
    )
    waited_for = [f"{item.name}: {item.message}" for item in status.services if item.message]
    detail = "; ".join(waited_for) or status.message
    sync = status.sync.value.replace("_", " ")
    message = (
        f"{status.name} is not {wanted} after {timeout_s:g} s: {sync} with"
        f" {status.revision[:7] or 'no revision'}, {status.health}"
    )
    return DeadlineError(f"{message}; {detail}" if detail else message, remedy=status.next_step)

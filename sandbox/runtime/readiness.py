"""Wait for a container: run its own healthcheck from the start, with a short back-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import CancelledError, DeadlineError, EngineError, StartFailedError
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.service import Condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.action import AwaitContainer, WatchContainer
    from sandbox.model.observed import ObservedContainer
    from sandbox.runtime.workspace import Workspace

FIRST_DELAY_S = 0.02
LONGEST_DELAY_S = 0.25
LONGEST_JOB_DELAY_S = 0.05
"""To look whether a job has ended costs a hundredth of what a probe costs."""
PAUSE_PER_LOOK = 2.0
LONGEST_PAUSE_S = 1.0
"""However long a probe took: a newer commit, or the end, is heeded at least this often."""
SETTLE_S = 0.25
"""A container without a healthcheck is believed when it still runs after this long."""
PROBE_TIMEOUT_S = 30.0
LOG_LINES = 12
LAST_LINE_LENGTH = 200


def await_container(
    workspace: Workspace, container_id: str, action: AwaitContainer, stop: Callable[[], bool]
) -> None:
    """
    Return when the container has reached ``action.until``.

    Raises:
        StartFailedError: It ended or became unhealthy instead.
        DeadlineError: It did neither by the deadline.
        CancelledError: *stop* said so.
    """
    began = workspace.clock.monotonic()
    delay_s = FIRST_DELAY_S
    is_job = action.until is Condition.COMPLETED
    longest_s = LONGEST_JOB_DELAY_S if is_job else LONGEST_DELAY_S
    while True:
        looked = workspace.clock.monotonic()
        container = workspace.engine.inspect_container(container_id)
        if container is None:
            message = f"{action.container_name} was removed while it was awaited"
            raise EngineError(message, temporary=True)
        if _reached(workspace, container, action.until):
            return
        if stop():
            message = f"stopped waiting for {action.container_name}"
            raise CancelledError(message)
        if workspace.clock.monotonic() - began >= action.deadline_s:
            raise _too_late(workspace, container, action)
        # A probe takes processor time from the very program that it waits for.
        took_s = workspace.clock.monotonic() - looked
        workspace.clock.sleep(min(max(delay_s, PAUSE_PER_LOOK * took_s), LONGEST_PAUSE_S))
        delay_s = min(delay_s * 1.5, longest_s)


def watch_container(
    workspace: Workspace, container_id: str, action: WatchContainer, stop: Callable[[], bool]
) -> None:
    """
    Return when a container that is ready has stayed so for as long as *action* says.

    Raises:
        StartFailedError: It ended or became unhealthy.
        CancelledError: *stop* said so.
    """
    until = workspace.clock.monotonic() + action.for_s
    while True:
        container = workspace.engine.inspect_container(container_id)
        if container is None:
            message = f"{action.container_name} was removed while it was watched"
            raise EngineError(message, temporary=True)
        if container.state in (ContainerState.EXITED, ContainerState.DEAD):
            raise _ended(workspace, container)
        if container.health is EngineHealth.UNHEALTHY:
            raise _unhealthy(workspace, container)
        left_s = until - workspace.clock.monotonic()
        if left_s <= 0:
            return
        if stop():
            message = f"stopped watching {action.container_name}"
            raise CancelledError(message)
        workspace.clock.sleep(min(left_s, LONGEST_DELAY_S))


def _reached(workspace: Workspace, container: ObservedContainer, until: Condition) -> bool:
    if container.state in (ContainerState.EXITED, ContainerState.DEAD):
        if until is Condition.COMPLETED and container.exit_code == 0 and not container.error:
            return True
        raise _ended(workspace, container)
    if container.state is not ContainerState.RUNNING or until is Condition.COMPLETED:
        return False
    if until is Condition.STARTED or not container.probed:
        return workspace.clock.now() - container.started_at >= SETTLE_S
    if container.health is EngineHealth.UNHEALTHY:
        raise _unhealthy(workspace, container)
    if container.health is EngineHealth.HEALTHY:
        return True
    return _probe(workspace, container)


def _unhealthy(workspace: Workspace, container: ObservedContainer) -> StartFailedError:
    log = _last_lines(workspace, container)
    message = f"{container.name} is unhealthy: its healthcheck failed too often{_said(log)}"
    return StartFailedError(message, remedy="mend it or its healthcheck", log=log)


def _probe(workspace: Workspace, container: ObservedContainer) -> bool:
    passed = workspace.engine.probe(container.id, timeout_s=PROBE_TIMEOUT_S).passed
    if passed:
        workspace.journal.mark_ready(container.id, container.started_at)
    return passed


def _ended(workspace: Workspace, container: ObservedContainer) -> StartFailedError:
    why = ", out of memory" if container.oom_killed else ""
    detail = f": {container.error}" if container.error else ""
    log = _last_lines(workspace, container)
    return StartFailedError(
        f"{container.name} ended with exit code {container.exit_code}{why}{detail}{_said(log)}",
        remedy="read its last lines and commit a fix",
        log=log,
    )


def _too_late(
    workspace: Workspace, container: ObservedContainer, action: AwaitContainer
) -> DeadlineError:
    wanted = "end" if action.until is Condition.COMPLETED else "become ready"
    log = _last_lines(workspace, container)
    return DeadlineError(
        f"{container.name} did not {wanted} within {action.deadline_s:g} s{_said(log)}",
        remedy="mend it or its healthcheck, or raise x-sandbox.rollout.deadline",
        log=log,
    )


def _last_lines(workspace: Workspace, container: ObservedContainer) -> tuple[str, ...]:
    try:
        return tuple(workspace.engine.logs(container.id, tail=LOG_LINES))
    except EngineError as error:
        return (f"(no log: {error.message})",)


def _said(log: tuple[str, ...]) -> str:
    """The last line is the cause more often than not."""
    words = next((line.strip() for line in reversed(log) if line.strip()), "")
    return f"; its last line: {words[:LAST_LINE_LENGTH]}" if words else ""

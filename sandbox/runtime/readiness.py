"""Wait for a container: run its own healthcheck from the start, with a short back-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import (
    CancelledError,
    DeadlineError,
    EngineError,
    KilledError,
    StaleError,
    StartFailedError,
)
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.service import Condition
from sandbox.planning.crashes import may_be_stopped, was_killed
from sandbox.planning.labels import ENVIRONMENT, SPEC
from sandbox.secrecy.vault import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sandbox.model.action import AwaitContainer, WatchContainer
    from sandbox.model.observed import ObservedContainer
    from sandbox.ports import Clock
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
_ENDED = (ContainerState.EXITED, ContainerState.DEAD)


def await_container(
    workspace: Workspace, container_id: str, action: AwaitContainer, stop: Callable[[], bool]
) -> None:
    """
    Return when the container has reached ``action.until``.

    Slow is not broken: until the deadline no verdict of its healthcheck condemns it.

    Raises:
        StartFailedError: It ended instead.
        KilledError: Somebody ended it, or may have.
        StaleError: Somebody paused it.
        DeadlineError: It did neither by the deadline.
        CancelledError: *stop* said so.
    """
    began = workspace.clock.monotonic()
    settled = _Settled(workspace.clock)
    delay_s = FIRST_DELAY_S
    is_job = action.until is Condition.COMPLETED
    longest_s = LONGEST_JOB_DELAY_S if is_job else LONGEST_DELAY_S
    while True:
        looked = workspace.clock.monotonic()
        container = workspace.engine.inspect_container(container_id)
        if container is None:
            message = f"{action.container_name} was removed while it was awaited"
            raise EngineError(message, temporary=True)
        _refuse_paused(container)
        if _reached(workspace, container, action.until, settled):
            # A later process must know that this one saw it.
            workspace.journal.mark_ready(container.id, container.started_at)
            if action.until is Condition.COMPLETED:
                labels = container.labels
                workspace.journal.mark_job_done(labels[ENVIRONMENT], labels[SPEC])
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
        StartFailedError: It ended, or became unhealthy and fails its healthcheck now as well.
        KilledError: Somebody ended it, or may have.
        StaleError: Somebody paused it.
        CancelledError: *stop* said so.
    """
    until = workspace.clock.monotonic() + action.for_s
    while True:
        container = workspace.engine.inspect_container(container_id)
        if container is None:
            message = f"{action.container_name} was removed while it was watched"
            raise EngineError(message, temporary=True)
        _refuse_paused(container)
        if container.state in _ENDED:
            raise _ended(workspace, container)
        if container.health is EngineHealth.UNHEALTHY and not _probe(workspace, container):
            raise _unhealthy(workspace, container)
        left_s = until - workspace.clock.monotonic()
        if left_s <= 0:
            return
        if stop():
            message = f"stopped watching {action.container_name}"
            raise CancelledError(message)
        workspace.clock.sleep(min(left_s, LONGEST_DELAY_S))


def is_working(workspace: Workspace, container_id: str, networks: Collection[str]) -> bool:
    """Tell whether a container that came up runs now, is ready, and is on all of *networks*."""
    container = workspace.engine.inspect_container(container_id)
    if container is None or container.state is not ContainerState.RUNNING:
        return False
    if not set(networks) <= set(container.networks):
        return False
    if not container.probed or container.health is EngineHealth.HEALTHY:
        return True
    proven = workspace.journal.ready().get(container_id) == container.started_at
    return (proven and container.health is EngineHealth.STARTING) or _probe(workspace, container)


def refuse_ended(workspace: Workspace, container_id: str) -> None:
    """
    Return when the container has not ended; one that its engine starts again has.

    Raises:
        StartFailedError, KilledError: It has.
    """
    container = workspace.engine.inspect_container(container_id)
    if container is not None and container.state in {*_ENDED, ContainerState.RESTARTING}:
        raise _ended(workspace, container)


class _Settled:
    """
    Tells whether a container has run for `SETTLE_S`, as seen here.

    The engine's word for when it started is of a clock that may be set meanwhile.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at = 0.0
        self._seen = 0.0

    def __call__(self, container: ObservedContainer) -> bool:
        if container.started_at != self._started_at:
            self._started_at, self._seen = container.started_at, self._clock.monotonic()
        return self._clock.monotonic() - self._seen >= SETTLE_S


def _reached(
    workspace: Workspace, container: ObservedContainer, until: Condition, settled: _Settled
) -> bool:
    if container.state in _ENDED:
        if until is Condition.COMPLETED and container.exit_code == 0 and not container.error:
            return True
        raise _ended(workspace, container)
    if container.state is not ContainerState.RUNNING or until is Condition.COMPLETED:
        return False
    if until is Condition.STARTED or not container.probed:
        return settled(container)
    if container.health is EngineHealth.UNHEALTHY:
        # The engine looks again by itself; until then nobody would send it requests.
        return False
    return container.health is EngineHealth.HEALTHY or _probe(workspace, container)


def _refuse_paused(container: ObservedContainer) -> None:
    if container.state is ContainerState.PAUSED:
        message = f"{container.name} was paused while it was awaited"
        raise StaleError(message)


def _unhealthy(workspace: Workspace, container: ObservedContainer) -> StartFailedError:
    log = _last_lines(workspace, container)
    message = f"{container.name} is unhealthy: its healthcheck failed too often{_said(log)}"
    return StartFailedError(message, remedy="fix it or its healthcheck", log=log)


def _probe(workspace: Workspace, container: ObservedContainer) -> bool:
    return workspace.engine.probe(container.id, timeout_s=PROBE_TIMEOUT_S).passed


def _ended(workspace: Workspace, container: ObservedContainer) -> StartFailedError | KilledError:
    if may_be_stopped(container):
        how = "was ended from outside," if was_killed(container) else "ended"
        return KilledError(
            f"{container.name} {how} with exit code {container.exit_code}",
            log=_last_lines(workspace, container),
        )
    why = ", out of memory" if container.oom_killed else ""
    detail = f": {container.error}" if container.error else ""
    log = _last_lines(workspace, container)
    return StartFailedError(
        f"{container.name} ended with exit code {container.exit_code}{why}{detail}{_said(log)}",
        remedy="its last lines say why; commit a fix",
        log=log,
    )


def _too_late(
    workspace: Workspace, container: ObservedContainer, action: AwaitContainer
) -> DeadlineError:
    wanted = "end" if action.until is Condition.COMPLETED else "become ready"
    log = _last_lines(workspace, container)
    return DeadlineError(
        f"{container.name} did not {wanted} within {action.deadline_s:g} s{_said(log)}",
        remedy="fix it or its healthcheck, or raise x-sandbox.rollout.deadline",
        log=log,
    )


def _last_lines(workspace: Workspace, container: ObservedContainer) -> tuple[str, ...]:
    try:
        return tuple(map(shown, workspace.engine.logs(container.id, tail=LOG_LINES)))
    except EngineError as error:
        return (f"(no log: {error.message})",)


def _said(log: tuple[str, ...]) -> str:
    """The last line is the cause more often than not."""
    words = next((line.strip() for line in reversed(log) if line.strip()), "")
    return f"; its last line: {words[:LAST_LINE_LENGTH]}" if words else ""

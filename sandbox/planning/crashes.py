"""
Containers that ended by themselves, told from those that somebody ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.observed import ContainerState
from sandbox.planning.labels import parse_container_labels

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedContainer, ObservedState

_SIGNALLED: Final = frozenset({130, 137, 143})
"""Exit codes of a program that was told to end: Ctrl-C, a kill, a stop."""
_ENDED_BY_SOMEBODY: Final = _SIGNALLED | {0}


def was_killed(container: ObservedContainer) -> bool:
    """
    Tell whether a signal from outside ended *container*: a kill or a stop, and no lack of memory.
    """
    ended = container.state is ContainerState.EXITED and not container.error
    return ended and not container.oom_killed and container.exit_code in _SIGNALLED


def may_be_stopped(container: ObservedContainer) -> bool:
    """
    Tell whether *container* may have been told to end: many a program answers a stop with 0.
    """
    clean = container.state is ContainerState.EXITED and container.exit_code == 0
    return was_killed(container) or (clean and not container.error and not container.oom_killed)


def crashed_services(observed: ObservedState) -> frozenset[str]:
    """
    Names of services with a container that failed by itself, or ran out of memory.
    """
    return frozenset(
        parse_container_labels(container.labels).service_name
        for container in observed.containers
        if container.state is ContainerState.EXITED
        and container.started_at > 0
        and (container.oom_killed or container.exit_code not in _ENDED_BY_SOMEBODY)
    )

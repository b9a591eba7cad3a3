"""
A slot is the place of one container of a service: what should be there, what is, what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.planning.names import slot_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.action import ContainerSpec
    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Change, Hold, SyncPolicy
    from sandbox.model.service import Service
    from sandbox.planning.host_ports import HostPort

LIVE: Final = frozenset({ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING})


class Need(StrEnum):
    """
    What a slot needs to be as declared, from nothing to most.
    """

    NOTHING = "nothing"
    AWAIT = "await"
    """It runs, but is not ready yet: an interrupted run left it so."""
    UNPAUSE = "unpause"
    START = "start"
    RESTART = "restart"
    """A dependency with ``restart: true`` was replaced."""
    RECREATE = "recreate"
    """The kept container has the name that its successor needs, so it goes first."""
    CREATE = "create"
    """A new container; what was there before makes way once the new one exists."""


STARTS: Final = frozenset({Need.START, Need.RESTART, Need.RECREATE, Need.CREATE})
CREATES: Final = frozenset({Need.RECREATE, Need.CREATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """
    The place of one container.

    Attributes:
        keep: The container that has the declared spec; ``None`` when there is none.
        surplus: Other containers of this place, best first; they go when *keep* is served.
        reason: Why it needs what it needs.
        changes: The fields that differ, when that is why.
        job: It runs once and ends.
        hold: Why *need* is not met now.
    """

    service: Service
    replica: int
    spec: ContainerSpec
    job: bool
    keep: ObservedContainer | None = None
    surplus: tuple[ObservedContainer, ...] = ()
    need: Need = Need.NOTHING
    reason: str = ""
    changes: tuple[Change, ...] = ()
    hold: Hold | None = None

    @property
    def target(self) -> str:
        """
        What people call it: ``web-1``.
        """
        return slot_name(self.service.name, self.replica)

    @property
    def starts(self) -> bool:
        """
        A container is started here by this plan.
        """
        return self.hold is None and self.need in STARTS

    @property
    def creates(self) -> bool:
        """
        A container is created here by this plan.
        """
        return self.hold is None and self.need in CREATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """
    Everything that a plan is made from, and what was decided before the containers.

    Attributes:
        jobs: Names of services that some other service awaits the end of.
        committed: As *desired*, without the ingress and what follows from it.
        renewed: Names of networks that are removed and created again.
        absent: Why a declared network or volume cannot be had, by ``network <name>`` and
            ``volume <name>``.
        routed: Names of services whose requests go through the ingress.
        blocked: Ports that cannot be published, for somebody else holds them.
        port_keeper: Held slot whose container binds what the ingress is to publish; or empty.
    """

    desired: DesiredState
    committed: DesiredState
    observed: ObservedState
    policy: SyncPolicy
    jobs: frozenset[str] = frozenset()
    renewed: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict[str, str])
    routed: frozenset[str] = frozenset()
    blocked: tuple[HostPort, ...] = ()
    port_keeper: str = ""


def is_live(container: ObservedContainer) -> bool:
    """
    Tell whether its processes exist, so that it must be stopped before it can be removed.
    """
    return container.state in LIVE


def is_ready(container: ObservedContainer) -> bool:
    """
    Tell whether it runs and works, as far as anyone can know.
    """
    if container.state is not ContainerState.RUNNING:
        return False
    if container.health is EngineHealth.UNHEALTHY:
        return False
    return container.ready or not container.probed or container.health is EngineHealth.HEALTHY


def needs_proof(container: ObservedContainer) -> bool:
    """
    Tell whether it runs, no sync has seen it ready, and the engine does not call it healthy.
    """
    silent = not container.probed or container.health is EngineHealth.UNHEALTHY
    return container.state is ContainerState.RUNNING and silent and not container.seen_ready


def is_done(container: ObservedContainer) -> bool:
    """
    Tell whether a job ended well in it.
    """
    return (
        container.state is ContainerState.EXITED
        and container.exit_code == 0
        and container.started_at > 0
        and not container.error
    )


def was_tried(container: ObservedContainer) -> bool:
    """
    Tell whether somebody tried to start it already.
    """
    return container.started_at > 0 or bool(container.error)

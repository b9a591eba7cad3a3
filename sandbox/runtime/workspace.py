"""One repository with everything that it takes to act on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.observed import Owner
from sandbox.runtime.images import Images

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import TakenPort
    from sandbox.model.plan import SyncPolicy
    from sandbox.model.waiver import WaiverFile
    from sandbox.ports import (
        ChangeFeed,
        Clock,
        Control,
        Engine,
        Ingress,
        Journal,
        Lock,
        PipelineRuns,
        Repository,
        Webhooks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """
    The ports of one repository, wired by `sandbox.bootstrap`.

    Attributes:
        policy: What every plan may do, unless the environment says otherwise.
        taken_ports: Gives the processes of this machine that listen on a TCP port, other than for
            a container.
        waivers: Reads what is allowed on this machine although the policy denies it; anew each
            time, so that an edit counts at once.
        choose_control: Gives the controller that runs for the repository, else one of this process.
        release_all: Gives back what the adapters hold.
        images: What is built and pulled in this process.
        edge_port: Of the loopback, where the edge is if it can; 0 turns it off.
    """

    repository: Repository
    engine: Engine
    ingress: Ingress
    journal: Journal
    runs: PipelineRuns
    webhooks: Webhooks
    lock: Lock
    clock: Clock
    feed: ChangeFeed
    policy: SyncPolicy
    taken_ports: Callable[[int], tuple[TakenPort, ...]]
    waivers: Callable[[], WaiverFile]
    choose_control: Callable[[Workspace], Control]
    release_all: Callable[[], None]
    edge_port: int
    images: Images = field(default_factory=Images)

    def __enter__(self) -> Self:
        """Enter; `__exit__` gives back what the adapters hold."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back what the adapters hold."""
        self.images.close()
        self.release_all()

    def control(self) -> Control:
        """Whom to ask: the controller that runs for this repository, else this process."""
        return self.choose_control(self)

    def owner(self, desired: DesiredState) -> Owner:
        """Whose objects those of *desired* are."""
        return Owner(
            instance=self.repository.instance,
            application=desired.application,
            environment=desired.environment,
        )

"""
One environment with real Git, an engine and an ingress in memory, and time that takes none.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from typing_extensions import override

from sandbox.bootstrap import open_workspace
from sandbox.errors import EngineUnreachableError
from sandbox.planning.ingress_service import ingress_template
from sandbox.runtime.control import LocalControl
from sandbox.runtime.edge import Edge
from sandbox.runtime.heads import Heads
from sandbox.runtime.worker import Worker
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_state import BASE_IMAGE
from tests.fakes.ingress import FakeIngress
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.model.event import Event
    from sandbox.model.ingress import IngressConfig
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus
    from sandbox.runtime.workspace import Workspace

STAGING = "environments/staging/compose.yaml"
WEB = f"{{image: {BASE_IMAGE}, ports: [{{target: 8080, app_protocol: http}}]}}"


class StartedIngress(FakeIngress):
    """
    An ingress runs in every container.

    Attributes:
        loses: It does what it is told next, and the answer is lost.
    """

    loses = False

    @override
    def apply(self, container_id: str, config: IngressConfig) -> None:
        if container_id not in self.running:
            self.start(container_id)
        super().apply(container_id, config)
        if self.loses:
            self.loses = False
            raise EngineUnreachableError("the answer was lost")


@dataclass(kw_only=True)
class QuickGround:
    """`told` is what happened since it was looked at last."""

    disk: DiskRepository
    engine: FakeEngine
    ingress: StartedIngress
    clock: FakeClock
    workspace: Workspace
    told: list[Event] = field(default_factory=list["Event"])

    def commit(self, services: str, settings: str = "{}") -> str:
        """Commit staging with these *services*, in YAML's flow style."""
        return self.disk.commit(
            **{STAGING: f"name: shop\nx-sandbox: {settings}\nservices: {services}\n"}
        )

    def sync(self) -> SyncRecord:
        """Reconcile once."""
        return LocalControl(self.workspace).sync("staging", self.told.append)

    def status(self) -> EnvironmentStatus:
        (status,) = LocalControl(self.workspace).status(("staging",))
        return status

    def worker(self) -> Worker:
        """Give a worker of a controller that has just begun."""
        heads = Heads(self.workspace, lambda: None, lambda: None)
        edge = Edge(self.workspace, self.told.append)
        return Worker(self.workspace, "staging", heads, edge, self.told.append)

    def names(self) -> set[str]:
        """Names of the services that have a live container."""
        return {
            one.labels["dev.sandbox.service"]
            for one in self.engine.containers.values()
            if one.lives
        }


@contextmanager
def quick_ground(
    top: Path, engine: FakeEngine | None = None, *, clock: FakeClock | None = None
) -> Iterator[QuickGround]:
    """Give one at *top*, without a commit."""
    with ExitStack() as stack:
        disk = DiskRepository.make(top)
        opened = stack.enter_context(open_workspace(str(top)))
        chosen = engine or FakeEngine()
        for image in (BASE_IMAGE, ingress_template().image):
            chosen.images.setdefault(image, FakeEngine(images=[image]).images[image])
        ingress, clock = StartedIngress(), clock or FakeClock()
        workspace = replace(opened, engine=chosen, ingress=ingress, clock=clock, edge_port=0)
        yield QuickGround(
            disk=disk, engine=chosen, ingress=ingress, clock=clock, workspace=workspace
        )

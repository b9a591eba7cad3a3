"""
The fake ingress in simulated time: it answers while its container runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from typing_extensions import override

from sandbox.errors import IngressError
from sandbox.model.ingress import IngressConfig, IngressReport, ServingServer
from tests.fakes.ingress import FakeIngress, Running
from tests.simulation.calls import Calls
from tests.simulation.engine import SimulatedEngine

DRAIN_S: Final = 1.0
"""Until the requests under way have ended."""


class SimulatedIngress(FakeIngress):
    """What it was told is in a file of its container, so it does that after a restart as well."""

    def __init__(self, calls: Calls, engine: SimulatedEngine) -> None:
        super().__init__()
        self._calls = calls
        self._engine = engine

    @override
    def apply(self, container_id: str, config: IngressConfig) -> None:
        with self._calls.change("ingress", "apply", container_id[:12]):
            super().apply(container_id, config)

    @override
    def drain(
        self,
        container_id: str,
        servers: Collection[str],
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> int:
        self._calls.read("ingress", "drain", container_id[:12])
        self._running(container_id)
        self._calls.baton.sleep(min(DRAIN_S, timeout_s))
        return 0

    @override
    def report(self, container_id: str) -> IngressReport:
        self._calls.read("ingress", "report", container_id[:12])
        return super().report(container_id)

    @override
    def serving(self, container_id: str) -> tuple[ServingServer, ...]:
        self._calls.read("ingress", "serving", container_id[:12])
        return super().serving(container_id)

    @override
    def _running(self, container_id: str) -> Running:
        container = self._engine.containers.get(container_id)
        if container is None or not container.lives:
            raise IngressError("the ingress does not answer", temporary=True)
        if container_id not in self.running:
            self.start(container_id)
        return self.running[container_id]

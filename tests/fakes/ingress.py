"""
An ingress in memory: it routes requests that nobody sends over a network.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sandbox.errors import IngressError
from sandbox.model.ingress import (
    Backend,
    IngressConfig,
    IngressReport,
    Listener,
    ServerCounters,
    ServingServer,
)
from sandbox.planning.haproxy import config_hash, render


@dataclass(slots=True, kw_only=True)
class Running:
    """One ingress that runs: what it was told, and what it counted."""

    config: IngressConfig = field(default_factory=IngressConfig)
    applied: list[IngressConfig] = field(default_factory=list[IngressConfig])
    requests: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    failed: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    open: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    latencies: defaultdict[tuple[str, str], Counter[int]] = field(
        default_factory=lambda: defaultdict[tuple[str, str], Counter[int]](Counter)
    )
    owed: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])


class FakeIngress:
    """
    The Ingress port in memory. Safe to use from several threads.

    A container has an ingress from `start` on; it does nothing until it is told.
    """

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self.refusals: list[IngressError] = []
        """What the next calls of `apply` fail with, each once."""
        self._changed = threading.Condition()

    def start(self, container_id: str) -> None:
        """Have an ingress run there; a new one, should one have run before."""
        self.running[container_id] = Running()

    def stop(self, container_id: str) -> None:
        """Have it answer no more."""
        del self.running[container_id]

    # the port

    def apply(self, container_id: str, config: IngressConfig) -> None:
        render(config)
        with self._changed:
            ingress = self._running(container_id)
            if self.refusals:
                raise self.refusals.pop(0)
            if ingress.config != config:
                ingress.config = config
                ingress.applied.append(config)

    def drain(
        self,
        container_id: str,
        servers: Collection[str],
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> int:
        def left() -> int:
            under_way = self._running(container_id).open
            return sum(count for (_, name), count in under_way.items() if name in servers)

        with self._changed:
            self._changed.wait_for(lambda: left() == 0 or stop(), timeout_s)
            return left()

    def report(self, container_id: str) -> IngressReport:
        with self._changed:
            ingress = self._running(container_id)
            return IngressReport(
                config_hash=config_hash(ingress.config),
                servers=tuple(
                    ServerCounters(
                        backend=backend,
                        server=server,
                        requests=ingress.requests[backend, server],
                        failed=ingress.failed[backend, server],
                        open=ingress.open[backend, server],
                        latencies_ms=dict(ingress.latencies[backend, server]),
                    )
                    for backend, server in sorted(ingress.requests.keys() | ingress.open.keys())
                ),
            )

    def serving(self, container_id: str) -> tuple[ServingServer, ...]:
        with self._changed:
            config = self._running(container_id).config
        return tuple(
            ServingServer(backend=backend.name, server=server.name, weight=server.weight)
            for backend in config.backends
            for server in backend.servers
            if server.weight
        )

    def close(self) -> None:
        pass

    # the other side

    @contextmanager
    def request(
        self,
        container_id: str,
        *,
        port: int,
        host: str = "",
        status: int = 200,
        latency_ms: int = 1,
    ) -> Iterator[tuple[str, int]]:
        """Have a request under way in the block: who answers it, and with which status."""
        with self._changed:
            ingress = self._running(container_id)
            backend = _backend(ingress.config, port, host)
            if backend is None:
                yield "", 404
                return
            server = _choose(backend, ingress.owed)
            key = (backend.name, server)
            if server:
                ingress.open[key] += 1
        try:
            yield (server, status) if server else ("", 503)
        finally:
            with self._changed:
                ingress.requests[key] += 1
                ingress.failed[key] += not server or status >= 500
                if server:
                    ingress.open[key] -= 1
                    ingress.latencies[key][latency_ms] += 1
                self._changed.notify_all()

    def _running(self, container_id: str) -> Running:
        found = self.running.get(container_id)
        if found is None:
            raise IngressError("the ingress does not answer", temporary=True)
        return found


def _backend(config: IngressConfig, port: int, host: str) -> Backend | None:
    listeners = [each for each in config.listeners if each.port == port]
    name = _name(listeners[0], host) if listeners else ""
    return next((each for each in config.backends if each.name == name), None)


def _name(listener: Listener, host: str) -> str:
    asked = host.lower().partition(":")[0]
    suffixes = [each for each in listener.hosts if each.startswith(".") and asked.endswith(each)]
    known = asked if asked in listener.hosts else max(suffixes, key=len, default="")
    return listener.hosts.get(known, listener.backend)


def _choose(backend: Backend, owed: Counter[tuple[str, str]]) -> str:
    """Choose as HAProxy's roundrobin does: smoothly, each by its weight."""
    weights = {each.name: each.weight for each in backend.servers if each.weight}
    if not weights:
        return ""
    for name, weight in weights.items():
        owed[backend.name, name] += weight
    chosen = max(weights, key=lambda name: owed[backend.name, name])
    owed[backend.name, chosen] -= sum(weights.values())
    return chosen

"""
Where an ingress listens, and which backend it hands on to: all but the servers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.model.ingress import Backend, IngressConfig, Listener
from sandbox.planning.edge import edge_listener, meets_edge
from sandbox.planning.host_ports import host_ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
    from sandbox.planning.routes import Route

_HOST = re.compile(r"[a-z0-9][a-z0-9._-]{0,252}")


def structure_of(
    desired: DesiredState, observed: ObservedState, found: Sequence[Route]
) -> IngressConfig:
    """
    Say what the ingress of *desired*, as committed, is meant to do, but for who serves.
    """
    listeners = [*_published(desired, observed, found), *_inner(found)]
    if meets_edge(observed, found):
        listeners.append(edge_listener(desired.environment, found))
    backends = (
        Backend(
            name=route.backend, service_name=route.service_name, mode=route.mode, port=route.port
        )
        for route in found
    )
    return IngressConfig(
        listeners=tuple(sorted(listeners, key=lambda each: each.port)),
        backends=tuple(sorted(backends, key=lambda each: each.name)),
    )


def _published(
    desired: DesiredState, observed: ObservedState, found: Sequence[Route]
) -> Iterator[Listener]:
    by_port = {(route.service_name, route.port): route for route in found}
    for each in host_ports(desired, observed):
        if each.given:
            route = by_port[each.service_name, each.wanted.target]
            yield Listener(port=each.given.target, mode=route.mode, backend=route.backend)


def _inner(found: Sequence[Route]) -> Iterator[Listener]:
    """
    What other services of the environment call, by the names and ports of the services.
    """
    by_port: dict[int, list[Route]] = {}
    for route in found:
        if route.names:
            by_port.setdefault(route.port, []).append(route)
    for port, met in by_port.items():
        only = met[0] if len(met) == 1 else None
        yield Listener(
            port=port,
            mode=met[0].mode,
            backend=only.backend if only else "",
            hosts={} if only else _hosts(met),
        )


def _hosts(met: Iterable[Route]) -> dict[str, str]:
    hosts: dict[str, str] = {}
    for route in met:
        for name in sorted({name.lower() for names in route.names.values() for name in names}):
            if _HOST.fullmatch(name):
                hosts.setdefault(name, route.backend)
    return dict(sorted(hosts.items()))

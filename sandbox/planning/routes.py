"""
Which port of which service goes through the ingress, and whose names the ingress answers to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sandbox.compose.surge import written_volumes
from sandbox.model.ingress import RouteMode
from sandbox.planning import names
from sandbox.planning.diff import job_names
from sandbox.planning.same import Same
from sandbox.planning.spec import FOLLOWS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.service import Port, Service

INGRESS: Final = names.INGRESS
FIRST_LISTENER: Final = 40_000
"""
First port inside the ingress that is published on the host; the others follow in order.

What is published has a port of its own inside, for requests from outside do not name the service.
"""
EDGE_LISTENER: Final = FIRST_LISTENER - 1
"""Port inside the ingress where the edge's requests for all services arrive."""
LISTENERS_MAX: Final = 2_000

_HTTP_PORTS: Final = frozenset(
    {80, 1313, 3000, 3001, 4000, 4200, 5000, 5001, 5173, 5601, 8000, 8001, 8008, 8025, 8080, 8081}
    | {8088, 8090, 8500, 8501, 8888, 9000, 9090, 9200, 15672}
)
_HTTP_PROTOCOLS: Final = frozenset({"http", "http/1.1", "ws", "websocket"})
_EXPOSED_MAX: Final = 64
# What a name in a configuration and in DNS may be; a service of any other name is not routed.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """
    One port of one service that the ingress forwards to.

    Attributes:
        port: Inside the service's containers.
        mode: HTTP or TCP.
        published: What the file wants on the host for it, sorted.
        names: Names by which other services reach it through the ingress, on this very port, by
            network key; empty when they reach its containers themselves.
    """

    service_name: str
    port: int
    mode: RouteMode
    published: tuple[Port, ...] = ()
    names: Mapping[str, tuple[str, ...]]

    @property
    def backend(self) -> str:
        """
        Name of the backend.
        """
        return f"{self.service_name}-{self.port}"


def routes(desired: DesiredState) -> tuple[Route, ...]:
    """
    All routes of *desired* as committed, sorted by service and port.

    A service with a writable named volume, with ports that are not TCP, or whose network another
    one shares keeps its names: only what is published goes through the ingress.
    """
    return _routes(Same(desired))


@lru_cache(maxsize=64)  # of one commit it is asked for many times in every look
def _routes(same: Same[DesiredState]) -> tuple[Route, ...]:
    desired = same.value
    jobs = job_names(desired)
    shared = _shared_networks(desired)
    found = [
        route
        for service in sorted(desired.services, key=lambda each: each.name)
        if service.name not in jobs and _has_address(service)
        for route in _service_routes(service, inner=service.name not in shared)
    ]
    if len(found) > LISTENERS_MAX:
        return ()
    clashing = _clashing(found)
    return tuple(_without_names(each) if each.service_name in clashing else each for each in found)


def is_routed(service: Service, port: Port) -> bool:
    """
    Tell whether the ingress binds *port* for *service*, which may be routed at all.
    """
    return port.protocol == "tcp" and service.route is not RouteMode.DIRECT


def listener_ports(published: int) -> range:
    """
    Ports inside the ingress for so many published ones.
    """
    return range(FIRST_LISTENER, FIRST_LISTENER + published)


def _has_address(service: Service) -> bool:
    in_reach = bool(service.attachments) and not service.namespaces.network
    return (
        in_reach and service.route is not RouteMode.DIRECT and bool(_NAME.fullmatch(service.name))
    )


def _shared_networks(desired: DesiredState) -> frozenset[str]:
    """
    Names of services in whose network others live: their names lead to ports of those too.
    """
    modes = (service.namespaces.network for service in desired.services)
    return frozenset(mode.removeprefix(FOLLOWS) for mode in modes if mode.startswith(FOLLOWS))


def _service_routes(service: Service, *, inner: bool) -> Iterator[Route]:
    published: dict[int, list[Port]] = {}
    for port in service.ports:
        if is_routed(service, port):
            published.setdefault(port.target, []).append(port)
    exposed = _exposed(service)
    if not published and (service.route is None or not exposed):
        return
    inner = inner and not written_volumes(service)
    inner = inner and exposed is not None and all(each.protocol == "tcp" for each in service.ports)
    names = _names(service) if inner else {}
    for number in sorted({*published, *(exposed or ())} if inner else published):
        ports = sorted(published.get(number, ()), key=_port_key)
        modes = {_mode(service, port) for port in ports} or {_default_mode(service, number)}
        yield Route(
            service_name=service.name,
            port=number,
            mode=RouteMode.HTTP if modes == {RouteMode.HTTP} else RouteMode.TCP,
            published=tuple(ports),
            names=names,
        )


def _exposed(service: Service) -> frozenset[int] | None:
    """
    Ports that the file exposes to other services; ``None`` when those are not all TCP, or too many.
    """
    found: set[int] = set()
    for text in service.expose:
        numbers, _, protocol = text.partition("/")
        first, _, last = numbers.partition("-")
        span = range(int(first), int(last or first) + 1)
        if protocol not in {"", "tcp"} or len(found) + len(span) > _EXPOSED_MAX:
            return None
        found.update(span)
    return frozenset(found)


def _names(service: Service) -> dict[str, tuple[str, ...]]:
    return {
        each.network: tuple(sorted({service.name, *each.aliases})) for each in service.attachments
    }


def _mode(service: Service, port: Port) -> RouteMode:
    if service.route is None and port.app_protocol:
        return RouteMode.HTTP if port.app_protocol in _HTTP_PROTOCOLS else RouteMode.TCP
    return _default_mode(service, port.target)


def _default_mode(service: Service, number: int) -> RouteMode:
    if service.route is not None:
        return service.route
    return RouteMode.HTTP if number in _HTTP_PORTS else RouteMode.TCP


def _port_key(port: Port) -> tuple[str, int, int]:
    return port.host_ip, port.published, port.published_end


def _clashing(found: Collection[Route]) -> frozenset[str]:
    """
    Names of services whose names stay their own, for the ingress could not tell them apart.

    Requests of HTTP name their host; connections of TCP do not.
    """
    listeners = listener_ports(sum(len(route.published) for route in found))
    inner = [route for route in found if route.names]
    users: dict[int, list[Route]] = {}
    for route in inner:
        users.setdefault(route.port, []).append(route)
    return frozenset(
        route.service_name
        for route in inner
        if route.port in {EDGE_LISTENER, *listeners}
        or (route.mode is RouteMode.TCP and len(users[route.port]) > 1)
    )


def _without_names(route: Route) -> Route:
    return Route(
        service_name=route.service_name,
        port=route.port,
        mode=route.mode,
        published=route.published,
        names={},
    )

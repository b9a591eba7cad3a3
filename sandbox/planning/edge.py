"""
The edge, as an environment sees it: names that lead to it, and what its ingress does for them.

The edge sends ``staging.localhost`` and every name below it to the ingress of staging, which knows
its services. The two have one internal network in common that nothing else is attached to.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.model.desired import Network
from sandbox.model.ingress import Listener, RouteMode
from sandbox.model.service import Attachment
from sandbox.planning.labels import resource_key
from sandbox.planning.routes import EDGE_LISTENER
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.observed import ObservedState
    from sandbox.planning.routes import Route

EDGE: Final = "sandbox-edge"
"""Name of the edge's only service, and key of the network it shares with an ingress."""
DOMAIN: Final = "localhost"
"""Every name below it is this machine, as browsers and resolvers have it (RFC 6761)."""
_NOT_IN_A_NAME: Final = re.compile(r"[^a-z0-9.-]+")
_LABEL_MAX: Final = 63


def environment_host(environment: str) -> str:
    """
    Host name that leads to *environment*; empty when its name has no letter or digit.
    """
    label = _label(environment).replace(".", "-")
    return f"{label}.{DOMAIN}" if label else ""


def edge_network() -> Network:
    """
    Give the network of an environment on which the edge meets its ingress.
    """
    return Network(key=EDGE, internal=True)


def meets_edge(observed: ObservedState, routes: Sequence[Route]) -> bool:
    """
    Tell whether an ingress with these *routes* is on `edge_network`.

    Where the edge is turned off no such network is made; one that is there stays, so that turning
    the edge off replaces no ingress.
    """
    there = any(resource_key(each.labels) == EDGE for each in observed.networks)
    return bool(main_service(routes)) and (observed.edge or there)


def edge_attachment() -> Attachment:
    """
    Attach an ingress to `edge_network`.
    """
    return Attachment(network=EDGE)


def edge_listener(environment: str, routes: Sequence[Route]) -> Listener:
    """
    Give the listener of an ingress that the edge sends all requests for *environment* to.

    ``<environment>.localhost`` is `main_service`, ``<service>.<environment>.localhost`` the first
    HTTP port of that service, one that is published before others.
    """
    backends = _http_backends(routes)
    main = main_service(routes)
    host = environment_host(environment)
    hosts: dict[str, str] = {}
    if main and host:
        hosts = {f"{label}.{host}": backends[name] for label, name in _labels(backends)}
        hosts[host] = backends[main]
    return Listener(port=EDGE_LISTENER, mode=RouteMode.HTTP, hosts=hosts, trusted=True)


def main_service(routes: Sequence[Route]) -> str:
    """
    Name the service that an environment's own name leads to; empty when none speaks HTTP.

    It is the one that publishes an HTTP port, the first by name when there are several.
    """
    http = [route for route in routes if route.mode is RouteMode.HTTP]
    names = sorted((not route.published, route.service_name) for route in http)
    return names[0][1] if names else ""


def main_note(environment: str, routes: Sequence[Route]) -> str:
    """
    Say which service an environment's own name leads to where that is a choice; else nothing.
    """
    found = {each.service_name for each in routes if each.mode is RouteMode.HTTP and each.published}
    if len(found) <= 1:
        return ""
    host, main = environment_host(environment), main_service(routes)
    return f"{host} leads to {main}, the first of {count(len(found), 'service')} that publish HTTP"


def edge_urls(environment: str, routes: Sequence[Route], port: int) -> tuple[str, ...]:
    """
    Addresses of *environment* through the edge at *port*: that of the whole, then its services'.
    """
    hosts = edge_listener(environment, routes).hosts
    whole = environment_host(environment)
    names = sorted(hosts, key=lambda host: (host != whole, host))
    return tuple(f"http://{name}:{port}" for name in names) if port else ()


def _label(name: str) -> str:
    """
    Write *name* as parts of a host name; empty if nothing is left of it.
    """
    return _NOT_IN_A_NAME.sub("-", name.lower())[:_LABEL_MAX].strip(".-")


def _http_backends(routes: Sequence[Route]) -> dict[str, str]:
    http = [route for route in routes if route.mode is RouteMode.HTTP]
    http.sort(key=lambda route: (not route.published, route.port), reverse=True)
    return {route.service_name: route.backend for route in http}


def _labels(names: Iterable[str]) -> Sequence[tuple[str, str]]:
    """
    Pairs of a part of a host name and the name of its service; the first by name wins.
    """
    found = {_label(name): name for name in sorted(names, reverse=True)}
    return sorted((label, name) for label, name in found.items() if label)

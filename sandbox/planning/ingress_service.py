"""
The ingress as a service of its environment: derived from the others, made and kept as they are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from sandbox.model.service import Attachment
from sandbox.planning.edge import edge_attachment, edge_network, meets_edge
from sandbox.planning.fingerprint import build_fields, digest
from sandbox.planning.host_ports import host_ports
from sandbox.planning.ingress_image import ingress_service
from sandbox.planning.routes import INGRESS, is_routed, routes
from sandbox.planning.same import Same

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
    from sandbox.model.service import Port, Service
    from sandbox.planning.host_ports import HostPort
    from sandbox.planning.routes import Route

_IMAGE: Final = "sandbox/ingress"


def with_ingress(
    desired: DesiredState,
    observed: ObservedState,
    *,
    denied: Collection[HostPort] = (),
    absent: Collection[str] = (),
) -> DesiredState:
    """
    Add the ingress that *desired*, as committed, needs, and take off the others what it does.

    A routed port is published by the ingress instead of its service, and the names of a service
    that others call through the ingress are the ingress's. Without a routed port, or with the
    ingress in it already, *desired* stays as it is.

    Args:
        desired: As committed.
        observed: Says which ports of the host are free, and whether there is to be an edge.
        denied: What the policy forbids to publish.
        absent: Keys of networks that nobody can attach to now.
    """
    found = routes(desired)
    if not found or has_ingress(desired):
        return desired
    wanted = (each for each in host_ports(desired, observed) if each not in denied)
    return _with_ingress(
        Same(desired),
        ports=tuple(each.given for each in wanted if each.given),
        absent=frozenset(absent),
        edge=meets_edge(observed, found),
    )


@lru_cache(maxsize=64)  # one object for every look at a commit, so that more is found by it
def _with_ingress(
    same: Same[DesiredState], *, ports: tuple[Port, ...], absent: frozenset[str], edge: bool
) -> DesiredState:
    desired = same.value
    found = routes(desired)
    routed = {route.service_name: route for route in found}
    services = [
        _behind_ingress(service, routed[service.name]) if service.name in routed else service
        for service in desired.services
    ]
    ingress = replace(
        ingress_template(),
        attachments=tuple(
            each for each in _attachments(desired, found) if each.network not in absent
        ),
        ports=ports,
    )
    networks = desired.networks
    if edge:
        ingress = replace(ingress, attachments=(*ingress.attachments, edge_attachment()))
        networks = tuple(sorted([*networks, edge_network()], key=lambda each: each.key))
    return replace(
        desired,
        services=tuple(sorted([*services, ingress], key=lambda each: each.name)),
        networks=networks,
    )


def has_ingress(desired: DesiredState) -> bool:
    """
    Tell whether the ingress is among the services.
    """
    return any(service.name == INGRESS for service in desired.services)


@cache
def ingress_template() -> Service:
    """
    What every ingress is, whatever it is for: the repository has no say in it.
    """
    service = ingress_service(INGRESS)
    assert service.build, "the image of an ingress is ours to build"
    return replace(service, image=f"{_IMAGE}:{digest(build_fields(service.build))[:16]}")


def is_ingress(service: Service) -> bool:
    """
    Tell whether *service* is an ingress of ours but for its ports and networks, to the last byte.
    """
    return (
        service.name == INGRESS and replace(service, ports=(), attachments=()) == ingress_template()
    )


def _behind_ingress(service: Service, route: Route) -> Service:
    attachments = service.attachments
    if route.names:
        # Its containers can still be reached by their own names.
        attachments = tuple(replace(each, named=False, aliases=()) for each in attachments)
    return replace(
        service,
        ports=tuple(port for port in service.ports if not is_routed(service, port)),
        attachments=attachments,
    )


def _attachments(desired: DesiredState, found: Sequence[Route]) -> tuple[Attachment, ...]:
    """
    Networks on which the ingress meets the services, those that lead outside first.
    """
    services = {service.name: service for service in desired.services}
    internal = {network.key for network in desired.networks if network.internal}
    names: dict[str, set[str]] = {}
    for route in found:
        met = route.names or {services[route.service_name].attachments[0].network: ()}
        _add(names, met)
    return tuple(
        Attachment(network=key, aliases=tuple(sorted(names[key])))
        for key in sorted(names, key=lambda each: (each in internal, each))
    )


def _add(names: dict[str, set[str]], met: Mapping[str, Iterable[str]]) -> None:
    for key, more in met.items():
        names.setdefault(key, set()).update(more)

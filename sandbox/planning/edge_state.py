"""
The edge itself: a container like those of an environment, and what its HAProxy does.

It changes only when environments come, go or get another ingress, and is attached to their networks
while it runs: nobody's requests are cut for another environment's sake.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.desired import DesiredState, Network
from sandbox.model.edge import EdgePort, Site
from sandbox.model.ingress import Backend, IngressConfig, Listener, RouteMode, Server
from sandbox.model.service import Attachment, Port
from sandbox.planning.edge import DOMAIN, EDGE, environment_host
from sandbox.planning.ingress_service import ingress_template
from sandbox.planning.labels import SERVICE, resource_key
from sandbox.planning.names import network_name
from sandbox.planning.routes import EDGE_LISTENER, INGRESS
from sandbox.planning.slot import is_live, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.model.edge import EdgeNow
    from sandbox.model.observed import ObservedContainer, ObservedState, Owner

EDGE_ENVIRONMENT: Final = "/edge"
"""What its objects carry for an environment's name, which is that of a folder: no slash."""
PORTS_TRIED: Final = 20

_FRONT: Final = "sandbox-edge-front"
_PORT_INSIDE: Final = 8080
# Longer than the ingress itself waits for a service, so that it is the ingress that answers.
_RESPONSE_MAX_S: Final = 70.0


def site_of(observed: ObservedState) -> Site | None:
    """
    Say how the edge reaches an environment; ``None`` when there is no network for that.
    """
    found = [each for each in observed.networks if resource_key(each.labels) == EDGE]
    if not found:
        return None
    network = found[0]
    site = Site(
        environment=observed.owner.environment,
        network_name=network.name,
        subnets=network.subnets,
    )
    ingresses = [each for each in observed.containers if each.labels.get(SERVICE) == INGRESS]
    if not ingresses:
        return site
    best = max(ingresses, key=lambda each: (is_live(each), is_ready(each), each.started_at))
    address = best.addresses.get(network.name, "") if is_live(best) else ""
    return replace(site, ingress_name=best.name, address=address)


def edge_config(sites: Iterable[Site]) -> IngressConfig:
    """
    Say what the edge does; of two environments with one host name the first by name has it.

    It answers the host, and none of the ingresses: they are no way from one to another.
    """
    sites = sorted(sites, key=lambda each: each.environment)
    hosts: dict[str, str] = {}
    backends: dict[str, Backend] = {}
    for site in sites:
        host = environment_host(site.environment)
        name = f"environment-{host.removesuffix(f'.{DOMAIN}')}"
        if not host or name in backends:
            continue
        backends[name] = Backend(
            name=name,
            service_name=site.environment,
            mode=RouteMode.HTTP,
            servers=_servers(site),
        )
        hosts[host] = hosts[f".{host}"] = name
    listener = Listener(
        port=_PORT_INSIDE,
        mode=RouteMode.HTTP,
        hosts=hosts,
        refused=tuple(subnet for site in sites for subnet in site.subnets),
    )
    return IngressConfig(
        listeners=(listener,),
        backends=tuple(backends[name] for name in sorted(backends)),
        max_response_s=_RESPONSE_MAX_S,
    )


def edge_state(application: str, port: int) -> DesiredState:
    """
    Say what there is to be of the edge, as of an environment; it binds *port* of the loopback.
    """
    edge = replace(
        ingress_template(),
        name=EDGE,
        ports=(Port(target=_PORT_INSIDE, published=port, published_end=port),),
        attachments=(Attachment(network=_FRONT),),
        route=RouteMode.DIRECT,
        sysctls={},  # It listens at no port below 1024.
    )
    return DesiredState(
        application=application,
        environment=EDGE_ENVIRONMENT,
        revision="",
        release="",
        services=(edge,),
        networks=(Network(key=_FRONT),),
    )


def without_sites(observed: ObservedState) -> ObservedState:
    """
    Leave the environments' networks out of what the edge is attached to: `links` looks after them.

    One that vanished meanwhile stays, for a container that stands still cannot start without it.
    """
    foreign = observed.foreign_names.get("network", frozenset())
    return replace(
        observed,
        containers=tuple(
            replace(
                each,
                networks={key: names for key, names in each.networks.items() if key not in foreign},
            )
            for each in observed.containers
        ),
    )


def links(
    owner: Owner, container: ObservedContainer, sites: Iterable[Site]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Name the networks to attach the edge's *container* to, and those to take it off.

    Where there is no ingress any more, nothing is to keep the network from being removed.
    """
    wanted = {site.network_name for site in sites if site.ingress_name}
    present = set(container.networks) - {network_name(owner, Network(key=_FRONT))}
    return tuple(sorted(wanted - present)), tuple(sorted(present - wanted))


def choose_port(
    preferred: int, present: int, wanted: Mapping[int, str], taken: Mapping[int, str]
) -> EdgePort:
    """
    Choose where the edge is: at *preferred*, or at the first free port of the next ones.

    Args:
        preferred: As asked for, at least 1.
        present: Where it is now, which it keeps if it can; 0 when it is nowhere.
        wanted: Environment by port that it publishes, or will: the edge makes room.
        taken: Holder by port that somebody else has now.
    """
    candidates = range(preferred, min(preferred + PORTS_TRIED, 2**16))
    free = [number for number in candidates if number not in wanted and number not in taken]
    number = present if present in free else (free[0] if free else 0)
    if number == preferred:
        reason = ""
    elif not number:
        reason = f"no port from {candidates[0]} to {candidates[-1]} is free"
    elif preferred in wanted:
        reason = f"{wanted[preferred]} publishes {preferred}"
    elif preferred in taken:
        reason = f"{preferred} is held by {taken[preferred]}"
    else:
        reason = f"{preferred} was taken when it came up"
    return EdgePort(number=number, preferred=preferred, reason=reason)


def bound_port(observed: ObservedState) -> int:
    """
    Port of the host that the edge has now; 0 when it has none.
    """
    bound = [number for each in observed.containers for _, number, _ in each.host_ports]
    return min(bound, default=0)


def answering_port(observed: ObservedState) -> int:
    """
    Port of the host at which the edge has proven to answer; 0 when there is none.
    """
    proven = (each for each in observed.containers if is_live(each) and each.config_hash)
    return bound_port(replace(observed, containers=tuple(proven)))


def edge_notes(edge: EdgeNow) -> tuple[str, ...]:
    """
    Say that the edge is not where it was asked for, or not there yet, and why.
    """
    wanted = edge.wanted
    why = f": {wanted.reason}" if wanted.reason else ""
    if not wanted.number:
        return (f"there is no edge{why}",)
    if not edge.pending:
        moved = wanted.number != wanted.preferred
        return (f"the edge is at port {edge.number}, not {wanted.preferred}{why}",) if moved else ()
    if edge.number:
        return (f"the edge is at port {edge.number} and not yet at {wanted.number}{why}",)
    return (f"the edge does not answer at port {wanted.number} yet{why}",)


def _servers(site: Site) -> tuple[Server, ...]:
    if not site.address:
        return ()
    return (Server(name=site.ingress_name, address=site.address, port=EDGE_LISTENER),)

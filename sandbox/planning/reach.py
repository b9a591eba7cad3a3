"""
Who must not come in at a listener of the ingress: it must not lead where networks do not.

The ingress is on the networks of all that it serves. Without this, a container on one of them could
reach through it what is on another.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

from sandbox.planning.edge import EDGE
from sandbox.planning.names import network_name
from sandbox.planning.routes import FIRST_LISTENER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sandbox.model.desired import DesiredState, Network
    from sandbox.model.ingress import IngressConfig, Listener
    from sandbox.model.observed import ObservedState
    from sandbox.model.service import Attachment


def with_refusals(
    config: IngressConfig,
    desired: DesiredState,
    observed: ObservedState,
    attachments: Collection[Attachment],
    planned: Mapping[str, tuple[str, ...]],
) -> IngressConfig:
    """
    Refuse, at each listener, containers on networks that none of its services is on.

    What is published is for the host too, which comes from the gateway of a network.

    Args:
        config: Its listeners and backends.
        desired: With the ingress in it.
        observed: Says which subnets networks have.
        attachments: Of the ingress.
        planned: Subnets of networks that the plan makes, by their exact name.
    """
    subnets = {each.name: each.subnets for each in observed.networks} | dict(planned)
    networks = {each.key: each for each in desired.networks}
    blocks = {
        each.network: subnets.get(network_name(observed.owner, networks[each.network]), ())
        for each in attachments
        if each.network in networks
    }
    served = {backend.name: backend.service_name for backend in config.backends}
    met = {
        service.name: {each.network for each in service.attachments} for service in desired.services
    }
    listeners: list[Listener] = []
    for listener in config.listeners:
        names = {served[each] for each in (listener.backend, *listener.hosts.values()) if each}
        friends = {key for name in names for key in met[name]}
        if listener.trusted:
            # What comes from the edge may say who asks; nobody else may.
            friends = {EDGE}
        refused = [
            str(block)
            for key in sorted(blocks.keys() - friends)
            for block in _blocks(blocks[key], networks[key], published=_is_published(listener))
        ]
        listeners.append(replace(listener, refused=tuple(refused)))
    return replace(config, listeners=tuple(listeners))


def _is_published(listener: Listener) -> bool:
    return listener.port >= FIRST_LISTENER


def _blocks(
    subnets: Collection[str], network: Network, *, published: bool
) -> Iterator[IPv4Network]:
    for text in subnets:
        block = ip_network(text, strict=False)
        if not isinstance(block, IPv4Network):
            continue
        if not published or block.num_addresses == 1:
            yield block
            continue
        yield from sorted(block.address_exclude(IPv4Network(_gateway(block, network))))


def _gateway(block: IPv4Network, network: Network) -> str:
    """
    Address of the host on a network: as the file says, else the engine's choice, the first.
    """
    fixed = (pool.gateway for pool in network.pools if pool.subnet == str(block))
    return next(filter(None, fixed), str(block[1]))

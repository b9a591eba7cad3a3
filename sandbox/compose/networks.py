"""Networks and volumes of the environment, and what a service is attached to."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.known import suggestion
from sandbox.compose.merge import named
from sandbox.compose.node import MapNode, Node, Scalar, flag, items, mapping, text
from sandbox.compose.variables import read_labels, read_pairs
from sandbox.model.desired import Network, Volume
from sandbox.model.service import Attachment

DEFAULT = "default"


def read_attachments(
    node: Node | None, place: Place, networks: Collection[str]
) -> tuple[Attachment, ...]:
    """Read both forms, sorted by network; a service that names none is on ``default``."""
    declared = named(node, Scalar(value=None, mark=node.mark)) if node is not None else None
    if declared is None or not declared.values:
        return (Attachment(network=DEFAULT),)
    found: list[Attachment] = []
    for name, value in sorted(declared.values.items()):
        if name not in networks and name != DEFAULT:
            place.at(name).problem(
                declared.key_marks[name],
                f"the network {name!r} is not declared{suggestion(name, networks)}",
                f"add {name}: under top-level networks",
            )
            continue
        settings = mapping(value)
        address = text(settings.get("ipv4_address"))
        if address and not _is_ipv4(address):
            place.at(name, "ipv4_address").problem(
                settings.values["ipv4_address"], f"{address!r} is not an IPv4 address"
            )
        aliases = tuple(sorted({text(alias) for alias in items(settings.get("aliases"))}))
        found.append(Attachment(network=name, aliases=aliases, ipv4_address=address))
    return tuple(found)


def read_networks(node: Node | None, place: Place) -> dict[str, Network]:
    """Read top-level ``networks``; ``default`` is always one."""
    found = {
        key: _network(key, mapping(value), place.at(key))
        for key, value in mapping(node).values.items()
    }
    return {DEFAULT: Network(key=DEFAULT), **found}


def read_volumes(node: Node | None, place: Place) -> dict[str, Volume]:
    """Read top-level ``volumes``."""
    return {
        key: _volume(key, mapping(value), place.at(key))
        for key, value in mapping(node).values.items()
    }


def _network(key: str, node: MapNode, place: Place) -> Network:
    external = flag(node.get("external"), default=False)
    return Network(
        key=key,
        name=text(node.get("name")) or (key if external else ""),
        external=external,
        driver=text(node.get("driver")) or "bridge",
        driver_opts=read_pairs(node.get("driver_opts")),
        internal=flag(node.get("internal"), default=False),
        subnet=_subnet(node, place.at("ipam", "config", 0, "subnet")),
        labels=read_labels(node.get("labels"), place.at("labels")),
    )


def _volume(key: str, node: MapNode, place: Place) -> Volume:
    external = flag(node.get("external"), default=False)
    refused = sorted(node.values.keys() & {"driver", "driver_opts", "labels"})
    if external and refused:
        place.problem(
            key_mark(node, refused[0]), f"an external volume is as it is; remove `{refused[0]}`"
        )
    return Volume(
        key=key,
        name=text(node.get("name")) or (key if external else ""),
        external=external,
        driver=text(node.get("driver")) or "local",
        driver_opts=read_pairs(node.get("driver_opts")),
        labels=read_labels(node.get("labels"), place.at("labels")),
    )


def _subnet(node: MapNode, place: Place) -> str:
    for entry in items(mapping(node.get("ipam")).get("config")):
        where = mapping(entry).get("subnet")
        subnet = text(where)
        if where is None or not subnet:
            continue
        try:
            ipaddress.ip_network(subnet)
        except ValueError:
            place.problem(where, f"{subnet!r} is not a subnet such as 10.80.0.0/24")
            return ""
        return subnet
    return ""


def _is_ipv4(address: str) -> bool:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return True

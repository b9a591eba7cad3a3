"""``ports`` and ``expose``."""

from __future__ import annotations

import ipaddress
import re

from sandbox.compose.findings import Place
from sandbox.compose.node import MapNode, Mark, Node, integer, mapping, numbered, text
from sandbox.model.service import Port

LOOPBACK = "127.0.0.1"
PORT_MAX = 65535
_PROTOCOLS = ("tcp", "udp", "sctp")
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def read_ports(node: Node | None, place: Place) -> dict[Port, Mark]:
    """Read all ports with their places; of equal entries one is kept."""
    ports: dict[Port, Mark] = {}
    for index, item in numbered(node):
        port = _port(mapping(item), place.at(index))
        if port is not None:
            ports[port] = item.mark
    return ports


def read_expose(node: Node | None, place: Place) -> tuple[str, ...]:
    """Read ports and ranges such as ``3000``, ``3000-3005/udp``."""
    exposed: set[str] = set()
    for index, item in numbered(node):
        ports, _, protocol = text(item).partition("/")
        if _range(ports) is None or protocol not in {"", *_PROTOCOLS}:
            place.at(index).problem(item, f"{text(item)!r} is not a port such as 3000 or 3000/udp")
        else:
            exposed.add(text(item))
    return tuple(sorted(exposed))


def _port(node: MapNode, place: Place) -> Port | None:
    target = integer(node.get("target")) or 0
    published = text(node.get("published"))
    hosts = _range(published) if published else (0, 0)
    host_ip = text(node.get("host_ip")).strip("[]")
    protocol = text(node.get("protocol")).lower() or "tcp"
    if not 1 <= target <= PORT_MAX or hosts is None:
        wrong = published if 1 <= target <= PORT_MAX else target
        place.problem(node, f"{wrong} is not a port from 1 to {PORT_MAX}, nor a range of ports")
    elif protocol not in _PROTOCOLS:
        place.problem(node, f"the protocol must be tcp, udp or sctp, not {protocol!r}")
    elif host_ip and not _is_address(host_ip):
        place.problem(node, f"{host_ip!r} is not an IP address")
    else:
        return Port(
            target=target,
            published=hosts[0],
            published_end=hosts[1],
            host_ip=host_ip or LOOPBACK,
            protocol=protocol,
            app_protocol=text(node.get("app_protocol")).lower(),
        )
    return None


def _range(ports: str) -> tuple[int, int] | None:
    found = _RANGE.fullmatch(ports)
    if found is None:
        return None
    first, last = int(found[1]), int(found[2] or found[1])
    return (first, last) if first <= last <= PORT_MAX else None


def _is_address(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True

"""``ports`` and ``expose``."""

from __future__ import annotations

import ipaddress
import re

from sandbox.compose.findings import Place
from sandbox.compose.node import MapNode, Mark, Node, integer, numbered, text
from sandbox.model.service import Port

LOOPBACK = "127.0.0.1"
PORT_MAX = 65535
RANGE_MAX = 1_000
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_FORMS = "80, 8080:80, 127.0.0.1:8080:80, 8000-8002:80-82 or 53:53/udp"


def read_ports(node: Node | None, place: Place) -> dict[Port, Mark]:
    """Read both forms with their places; ranges are expanded, and of equal entries one is kept."""
    ports: dict[Port, Mark] = {}
    for index, item in numbered(node):
        here = place.at(index)
        found = _long(item, here) if isinstance(item, MapNode) else _short(item, here)
        ports.update(dict.fromkeys(found, item.mark))
    return ports


def read_expose(node: Node | None, place: Place) -> tuple[str, ...]:
    """Read ports and ranges such as ``3000``, ``3000-3005/udp``."""
    exposed: set[str] = set()
    for index, item in numbered(node):
        ports, _, protocol = text(item).partition("/")
        if _range(ports) is None or protocol not in {"", "tcp", "udp"}:
            place.at(index).problem(item, f"{text(item)!r} is not a port such as 3000 or 3000/udp")
        else:
            exposed.add(text(item))
    return tuple(sorted(exposed))


def _short(node: Node, place: Place) -> tuple[Port, ...]:
    written, _, protocol = text(node).partition("/")
    *before, target = written.split(":")
    published = before.pop() if before else ""
    host_ip = ":".join(before)
    if _range(target) is None or not (_range(published) or published == ""):
        place.problem(node, f"{text(node)!r} is not a port", f"write {_FORMS}")
        return ()
    return _expand(
        node,
        place,
        target=target,
        published=published,
        host_ip=host_ip.removeprefix("[").removesuffix("]"),
        protocol=protocol,
    )


def _long(node: MapNode, place: Place) -> tuple[Port, ...]:
    target = integer(node.get("target"))
    if target is None:  # reported by the schema
        return ()
    return _expand(
        node,
        place,
        target=str(target),
        published=text(node.get("published")),
        host_ip=text(node.get("host_ip")).strip("[]"),
        protocol=text(node.get("protocol")),
    )


def _expand(
    node: Node, place: Place, *, target: str, published: str, host_ip: str, protocol: str
) -> tuple[Port, ...]:
    targets = _range(target)
    hosts = _range(published) if published else (0, 0)
    if targets is None or hosts is None or targets[0] == 0:
        wrong = target if targets is None or targets[0] == 0 else published
        place.problem(node, f"{wrong!r} is not a port from 1 to {PORT_MAX}, nor a range of ports")
        return ()
    protocol = protocol.lower() or "tcp"
    if protocol not in {"tcp", "udp"}:
        place.problem(node, f"the protocol must be tcp or udp, not {protocol!r}")
        return ()
    if host_ip and not _is_address(host_ip):
        place.problem(node, f"{host_ip!r} is not an IP address")
        return ()
    return _pair(
        node, place, targets, hosts, Port(target=1, host_ip=host_ip or LOOPBACK, protocol=protocol)
    )


def _pair(
    node: Node, place: Place, targets: tuple[int, int], hosts: tuple[int, int], port: Port
) -> tuple[Port, ...]:
    """Pair host ports with container ports; one container port takes a whole range."""

    def entry(target: int, first: int, last: int) -> Port:
        return Port(
            target=target,
            published=first,
            published_end=last,
            host_ip=port.host_ip,
            protocol=port.protocol,
        )

    if targets[0] == targets[1]:
        return (entry(targets[0], *hosts),)
    if targets[1] - targets[0] >= RANGE_MAX:
        place.problem(node, f"a range may have {RANGE_MAX:,} ports at most")
        return ()
    if hosts == (0, 0):
        return tuple(entry(target, 0, 0) for target in range(targets[0], targets[1] + 1))
    if hosts[1] - hosts[0] != targets[1] - targets[0]:
        place.problem(
            node, "the ranges of host ports and container ports must have the same length"
        )
        return ()
    shift = hosts[0] - targets[0]
    return tuple(
        entry(target, target + shift, target + shift)
        for target in range(targets[0], targets[1] + 1)
    )


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

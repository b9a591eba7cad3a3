"""``ports``: ranges become one entry for each container port."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from sandbox.compose.canonical.shape import record, scalar
from sandbox.compose.findings import Place
from sandbox.compose.known import shown
from sandbox.compose.node import ListNode, Node, Scalar, mapping, text

PORT_MAX = 65535
PORTS_MAX = 70_000
"""How many entries the ports of one service may come to: every port of one range, and some."""
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_DIGITS_MAX = 20
_PROTOCOLS = ("tcp", "udp", "sctp")
_FORMS = "write 80, 8080:80, 127.0.0.1:8080:80, 8000-8002:80-82 or 53:53/udp"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Short:
    """The parts of a short form; *published* is empty where none is written."""

    node: Node
    host_ip: str
    published: tuple[int, int] | None
    target: tuple[int, int]
    protocol: str


class _FaultError(Exception):
    """The short form is no port; the message says what is wrong."""


def ports(node: Node, place: Place) -> Node:
    """Read every short form as mappings; long forms stay."""
    if not isinstance(node, ListNode):
        return node
    result: list[Node] = []
    for index, item in enumerate(node.items):
        if isinstance(item, Scalar) and isinstance(item.value, str | int):
            result += _short(item, place.at(index))
        elif not _has_fraction(item, place.at(index)):
            result.append(item)
        if len(result) > PORTS_MAX:
            place.problem(node, f"the ranges come to more than {PORTS_MAX:,} ports")
            return ListNode(items=(), mark=node.mark)
    return ListNode(items=tuple(result), mark=node.mark)


def exposed(node: Node, place: Place) -> Node | None:
    """Keep an entry of ``expose``, but no number with a fraction."""
    return None if is_float(node, place) else node


def _has_fraction(item: Node, place: Place) -> bool:
    """Report a number with a fraction as a short form, or as the port of the host in a long one."""
    published = mapping(item).get("published")
    return is_float(item, place) or (
        published is not None and is_float(published, place.at("published"))
    )


def is_float(node: Node, place: Place) -> bool:
    """Report a number that is written with a fraction or an exponent; ``80.0`` is one too."""
    if not isinstance(node, Scalar) or not isinstance(node.value, float):
        return False
    place.problem(node, f"{text(node)} is not a whole number, and so no port", _FORMS)
    return True


def count(node: Node | None) -> int:
    """Give how many entries the list *node* comes to, at most; what is faulty counts as one."""
    total = 0
    for item in node.items if isinstance(node, ListNode) else ():
        first, last = 1, 1
        if isinstance(item, Scalar) and "-" in text(item):
            target = text(item).rpartition(":")[2].partition("/")[0]
            found = _RANGE.fullmatch(target) if len(target) <= _DIGITS_MAX else None
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 1)
        total += min(max(last - first + 1, 1), PORT_MAX)
    return total


def _short(node: Scalar, place: Place) -> list[Node]:
    try:
        return _expanded(_parts(node))
    except _FaultError as fault:
        place.problem(node, str(fault), _FORMS)
        return []


def _parts(node: Scalar) -> _Short:
    *before, target = text(node).split(":")
    published = before.pop() if before else ""
    target, protocol = _protocol(target)
    host_ip = ":".join(before)
    if host_ip.startswith("["):
        if not host_ip.endswith("]"):
            raise _FaultError(f"the bracket of {shown(host_ip)} is never closed")
        host_ip = host_ip[1:-1]
    if host_ip and not is_address(host_ip):
        raise _FaultError(f"{shown(host_ip)} is not an IP address")
    return _Short(
        node=node,
        host_ip=host_ip,
        published=_range(published, "host") if published else None,
        target=_range(target, "container", 1),
        protocol=protocol,
    )


def _protocol(target: str) -> tuple[str, str]:
    port, _, protocol = target.partition("/")
    if not port:
        raise _FaultError("the port of the container is missing")
    protocol = protocol.lower() or "tcp"
    if protocol not in _PROTOCOLS:
        raise _FaultError(f"the protocol must be tcp, udp or sctp, not {shown(protocol)}")
    return port, protocol


def _range(written: str, side: str, least: int = 0) -> tuple[int, int]:
    found = _RANGE.fullmatch(written) if len(written) <= _DIGITS_MAX else None
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if not least <= first <= last <= PORT_MAX:
        raise _FaultError(
            f"{shown(written)} is not a port of the {side} ({least} to {PORT_MAX}),"
            " nor a range of ports"
        )
    return first, last


def _expanded(short: _Short) -> list[Node]:
    first, last = short.target
    published = short.published
    if published is None:
        return [_entry(short, target, "") for target in range(first, last + 1)]
    if first == last:
        low, high = published
        return [_entry(short, first, str(low) if low == high else f"{low}-{high}")]
    if published[1] - published[0] != last - first:
        raise _FaultError("the ranges of host ports and container ports differ in length")
    shift = published[0] - first
    return [_entry(short, target, str(target + shift)) for target in range(first, last + 1)]


def _entry(short: _Short, target: int, published: str) -> Node:
    node = short.node
    values: dict[str, Node] = {
        "mode": scalar("ingress", node),
        "target": scalar(target, node),
        "protocol": scalar(short.protocol, node),
    }
    if short.host_ip:
        values["host_ip"] = scalar(short.host_ip, node)
    if published:
        values["published"] = scalar(published, node)
    return record(values, node)


def is_address(written: str) -> bool:
    """Is *written* an IP address?"""
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return "%" not in written

"""
Where our containers differ from those of Compose on purpose, and what else differs.
"""

import re
from collections.abc import Iterator
from typing import Any

from tests.parity.inspected import Json

_LOOPBACK = "127.0.0.1"
_RANGE = re.compile(r"(\d+)(?:-(\d+))?(?:/(\w+))?")


def explained(compose: Json, sandbox: Json) -> tuple[dict[str, str], list[str]]:
    """
    Sort the differences.

    Returns:
        Those by design, reason by path; those that no reason explains, for people.
    """
    by_design: dict[str, str] = {}
    others: list[str] = []
    for path, left, right in differences(compose, sandbox):
        reason = _reason(path, left, right)
        if reason:
            by_design[path] = reason
        else:
            others.append(f"{path}: {left!r} -> {right!r}")
    return by_design, others


def differences(left: Json, right: Json, path: str = "") -> Iterator[tuple[str, Json, Json]]:
    """Give path and both values of everything that differs."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            yield from differences(left.get(key), right.get(key), f"{path}.{key}")
    elif left != right:
        yield path, left, right


STOP_TIMEOUT = "the default of the specification is sent, so that no engine has another"
STOP_ROUNDED = "part of a second is not taken away from a grace period"
LOOPBACK = "a port without an address is bound to loopback, not to every address"
EXPANDED = "a range of exposed ports is written out"
SUBNET = "a network gets a subnet of our pool, for the engine's own ends at some 31 networks"
LINKS = "a link is a name on the network, which outlives the container that it was made for"
READ_ONLY = "mounts of another container are read-only when the file says so"
REASONS = frozenset({STOP_TIMEOUT, STOP_ROUNDED, LOOPBACK, EXPANDED, SUBNET, LINKS, READ_ONLY})


def _reason(path: str, left: Any, right: Any) -> str:
    if path == ".Config.StopTimeout":
        if left is None and right == 10:
            return STOP_TIMEOUT
        return STOP_ROUNDED if left is not None and right == left + 1 else ""
    if path.startswith(".HostConfig.PortBindings."):
        return LOOPBACK if _on_loopback(left) == right else ""
    if path == ".Config.ExposedPorts":
        return EXPANDED if sorted(_expanded(left)) == right else ""
    if path == ".IPAM.Config" and len(left) == 1:
        return SUBNET if right[0]["Subnet"].startswith("10.213.") else ""
    if path.endswith(".Aliases") and set(left or ()) < set(right or ()):
        return LINKS
    if path == ".HostConfig.VolumesFrom":
        return READ_ONLY if [f"{each}:ro" for each in left] == right else ""
    if path == ".Mounts":
        return READ_ONLY if [{**each, "RW": True} for each in right] == left else ""
    return ""


def _on_loopback(bindings: Json) -> Json:
    found = []
    for binding in bindings or ():
        port = binding.get("HostPort", "0")
        bound = {"HostIp": binding.get("HostIp", _LOOPBACK)}
        found.append(bound | ({"HostPort": port} if port != "0" else {}))
    return found


def _expanded(ports: list[str] | None) -> Iterator[str]:
    for port in ports or ():
        found = _RANGE.fullmatch(port)
        assert found, port
        first, last = int(found[1]), int(found[2] or found[1])
        yield from (f"{number}/{found[3] or 'tcp'}" for number in range(first, last + 1))

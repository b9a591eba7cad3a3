"""
Which subnet a new network gets: the engine's own pool ends at about 31 networks.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def free_subnet(pool: str, prefix: int, *, name: str, used: Iterable[str]) -> str | None:
    """
    Choose a subnet of *prefix* bits inside *pool* that overlaps none of *used*.

    The search begins at an offset hashed from *name*, so that environments which come up at the
    same moment, each blind to the other's choice, do not choose alike.

    Returns:
        CIDR text; ``None`` when nothing is free or *prefix* does not fit into *pool*.
    """
    block = IPv4Network(pool)
    if not block.prefixlen <= prefix <= block.max_prefixlen:
        return None
    size = 1 << (block.max_prefixlen - prefix)
    count = block.num_addresses // size
    first = int(block.network_address)
    taken = _taken_slices(block, size, used)
    offset = int(hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(), 16) % count
    for step in range(count):
        index = (offset + step) % count
        free = not any(low <= index <= high for low, high in taken)
        if free:
            return str(IPv4Network((first + index * size, prefix)))
    return None


def _taken_slices(block: IPv4Network, size: int, used: Iterable[str]) -> list[tuple[int, int]]:
    """
    First and last slice of *block* that each of *used* covers.
    """
    first = int(block.network_address)
    slices: list[tuple[int, int]] = []
    for text in used:
        subnet = ip_network(text, strict=False)
        if isinstance(subnet, IPv4Network) and subnet.overlaps(block):
            low = (max(int(subnet.network_address), first) - first) // size
            high = (
                min(int(subnet.broadcast_address), int(block.broadcast_address)) - first
            ) // size
            slices.append((low, high))
    return slices

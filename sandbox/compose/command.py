"""``command`` and ``entrypoint``, ``extra_hosts``, ``logging``."""

from __future__ import annotations

from sandbox.compose.findings import Place
from sandbox.compose.node import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    is_null,
    items,
    mapping,
    numbered,
    text,
)
from sandbox.compose.variables import read_pairs
from sandbox.compose.words import split_words
from sandbox.model.service import Logging


def read_command(node: Node | None, place: Place) -> tuple[str, ...] | None:
    """
    Read a list, or a string that is split as Compose does.

    Returns:
        ``None`` (missing, null) keeps what the image says; empty (``[]``, ``''``) clears it.
    """
    if isinstance(node, ListNode):
        return tuple(text(item) for item in node.items)
    if not isinstance(node, Scalar) or is_null(node):
        return None
    line = split_words(text(node))
    if line.fault:
        place.problem(node, f"the command cannot be split into words: {line.fault}")
    if line.ignored:
        place.warn(
            node,
            f"everything from {line.ignored[0]!r} on is ignored, as Compose does;"
            ' for a shell write ["sh", "-c", "..."]',
        )
    return tuple(line.words)


def read_hosts(node: Node | None, place: Place) -> tuple[str, ...]:
    """Read both forms as ``name:address``, sorted."""
    found: set[str] = set()
    if isinstance(node, MapNode):
        for name, addresses in node.values.items():
            found.update(f"{name}:{_bare(text(address))}" for address in items(addresses))
        return tuple(sorted(found))
    for index, item in numbered(node):
        written = text(item)
        separator = "=" if "=" in written else ":"
        name, _, address = written.partition(separator)
        if name and address:
            found.add(f"{name}:{_bare(address)}")
        else:
            place.at(index).problem(item, f"{written!r} is not name:address or name=address")
    return tuple(sorted(found))


def read_logging(node: Node | None) -> Logging | None:
    """Read driver and options."""
    if not isinstance(node, MapNode):
        return None
    return Logging(
        driver=text(node.get("driver")), options=read_pairs(mapping(node).get("options"))
    )


def _bare(address: str) -> str:
    """Take the brackets off an IPv6 address."""
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address

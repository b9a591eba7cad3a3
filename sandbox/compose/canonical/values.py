"""
Texts that say more than their letters: command lines, durations, sizes, numbers, permissions.

They are read once, when all files are merged: what a later file replaces need not be right.
"""

from __future__ import annotations

import math

from sandbox.compose.canonical.lists import pairs
from sandbox.compose.canonical.mounts import cleaned
from sandbox.compose.canonical.shape import replaced, scalar
from sandbox.compose.findings import Place
from sandbox.compose.known import shown
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, integer, is_null, text
from sandbox.compose.units import DURATION_SAYS, SIZE_SAYS, duration_text, ram_bytes
from sandbox.compose.words import split_words

_TRUE = frozenset({"true", "yes", "y", "on"})
_FALSE = frozenset({"false", "no", "n", "off"})
_INT64_MAX = 2**63 - 1


def duration(node: Node, place: Place) -> Node | None:
    """Write a duration as Compose does, such as ``1m30s``."""
    written = duration_text(text(node))
    if written is None:
        place.problem(node, f"must be {DURATION_SAYS}, not {shown(text(node))}")
        return None
    return scalar(written, node)


def size(node: Node, place: Place) -> Node | None:
    """
    Write a size as a string of bytes; as Compose does, drop a number with a fraction.

    Less than zero is without a limit; it stays a number, for Compose does not read it as a string.
    """
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, float):
        place.warn(node, f"{text(node)} is ignored, as Compose does; write whole bytes or a unit")
        return None
    if isinstance(value, int):
        return scalar(str(value) if value > 0 else value, node) if value else None
    found = ram_bytes(text(node))
    if found is None:
        place.problem(node, f"must be {SIZE_SAYS}, not {shown(text(node))}")
        return None
    return scalar(str(found), node) if found else None


def whole(node: Node, place: Place) -> Node | None:
    """Read a whole number; a fraction is cut off, as Compose does."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, float) and math.isfinite(value):
        if not value.is_integer():
            place.warn(node, f"{text(node)} is read as {int(value)}, as Compose does")
        value = int(value)
    number = value if isinstance(value, int) else integer(node)
    if number is None or abs(number) > _INT64_MAX:
        place.problem(node, f"must be a whole number, not {shown(text(node))}")
        return None
    return scalar(number, node)


def count(node: Node, place: Place) -> Node | None:
    """Read a whole number from zero on."""
    number = whole(node, place)
    if number is not None and (integer(number) or 0) < 0:
        place.problem(node, f"must not be less than 0, not {text(node)}")
        return None
    return number


def decimal(node: Node, place: Place) -> Node | None:
    """Read a number such as ``0.5``."""
    value = node.value if isinstance(node, Scalar) else None
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or "_" in text(node):
        place.problem(node, f"must be a number such as 0.5, not {shown(text(node))}")
        return None
    return scalar(int(number) if number.is_integer() else number, node)


def device_count(node: Node, place: Place) -> Node | None:
    """Read ``all`` as minus one."""
    return scalar(-1, node) if text(node).lower() == "all" else whole(node, place)


def permissions(node: Node, place: Place) -> Node | None:
    """Write permission bits as octal digits: ``"0440"`` is read so, a number is one."""
    value = node.value if isinstance(node, Scalar) else None
    try:
        number = int(value, 8) if isinstance(value, str) else integer(node)
    except ValueError:
        number = None
    if number is None or not 0 <= number < 2**32:
        place.problem(node, f'must be permissions such as 0440 or "0440", not {shown(text(node))}')
        return None
    return scalar(f"0{number:o}", node)


def truth(node: Node, place: Place) -> Node | None:
    """Read ``yes``, ``on`` and the like, which a string may hold."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return node
    word = text(node).lower()
    if word not in _TRUE and word not in _FALSE:
        place.problem(node, f"must be true or false, not {shown(text(node))}")
        return None
    return scalar(word in _TRUE, node)


def left_out(_node: Node, _place: Place) -> None:
    """Leave out what Compose reads and never prints; nothing acts on it."""


def ignored(node: Node, place: Place) -> None:
    """Leave out what Compose ignores, and say so."""
    place.warn(node, "is ignored, as Compose does")


def string(node: Node, _place: Place) -> Node:
    """Write any value as text."""
    if isinstance(node, Scalar) and not isinstance(node.value, str):
        return scalar(text(node), node)
    return node


def command(node: Node, place: Place) -> Node | None:
    """Split a command line into words; a list stays, null too."""
    if not isinstance(node, Scalar) or is_null(node):
        return node
    line = split_words(text(node))
    if line.fault:
        place.problem(node, f"the command cannot be split into words: {line.fault}")
        return None
    if line.ignored:
        place.warn(
            node,
            f"everything from {shown(line.ignored[0])} on is ignored, as Compose does;"
            ' for a shell write ["sh", "-c", "..."]',
        )
    return ListNode(items=tuple(scalar(word, node) for word in line.words), mark=node.mark)


def health_test(node: Node, _place: Place) -> Node:
    """Read a string as a command of the shell."""
    if not isinstance(node, Scalar):
        return node
    return ListNode(items=(scalar("CMD-SHELL", node), node), mark=node.mark)


def hosts(node: Node, place: Place) -> Node:
    """Write each form as a list of ``name=address``; in a list a comma parts addresses."""
    lines: list[Node] = []
    if isinstance(node, MapNode):
        for name, value in node.values.items():
            if ":" in name:
                place.at(name).problem(value, f"{shown(name)} is not the name of a host")
            addresses = value.items if isinstance(value, ListNode) else (value,)
            lines += [scalar(f"{name}={_bare(text(one))}", one) for one in addresses]
    for index, item in enumerate(node.items if isinstance(node, ListNode) else ()):
        written = text(item)
        name, separator, address = written.partition("=" if "=" in written else ":")
        if not separator or not name or ":" in name:
            place.at(index).problem(item, f"{shown(written)} is not name:address or name=address")
        lines += [scalar(f"{name}={_bare(one)}", item) for one in address.split(",")]
    return ListNode(items=tuple(lines), mark=node.mark)


def _bare(address: str) -> str:
    """Take the brackets off an IPv6 address."""
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address


def options(node: Node, _place: Place) -> Node:
    """Write each option of a provider as a list of texts."""
    if not isinstance(node, MapNode):
        return node
    found: dict[str, Node | None] = {}
    for key, value in node.values.items():
        items = value.items if isinstance(value, ListNode) else (value,)
        found[key] = ListNode(
            items=tuple(scalar(text(item), item) for item in items), mark=value.mark
        )
    return replaced(node, found)


def filled(node: Node, place: Place) -> Node:
    """Write every value of a mapping, or of a list of pairs, as text; null is an empty one."""
    node = pairs(node, place)
    if not isinstance(node, MapNode):
        return node
    return replaced(node, {key: scalar(text(value), value) for key, value in node.values.items()})


def clean(node: Node, _place: Place) -> Node:
    """Write a path in the container without detours."""
    path = cleaned(text(node))
    return node if path == text(node) else scalar(path, node)

"""Short forms that are one value for a list of one, or a list of names for a mapping."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.compose.canonical.shape import record, replaced, scalar
from sandbox.compose.findings import Place
from sandbox.compose.known import shown
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, is_null, text


def listed(node: Node, _place: Place) -> Node:
    """See one value as a list of itself."""
    return ListNode(items=(node,), mark=node.mark) if isinstance(node, Scalar) else node


def listed_without_blanks(node: Node, place: Place) -> Node:
    """See one value as a list of itself, and leave empty ones out."""
    node = listed(node, place)
    if not isinstance(node, ListNode):
        return node
    kept = tuple(item for item in node.items if not isinstance(item, Scalar) or text(item))
    return ListNode(items=kept, mark=node.mark)


def texts(node: Node, place: Place) -> dict[int, Scalar] | None:
    """
    See a list of texts by index, without what was told of already.

    Returns:
        ``None`` for anything else, which stays for the schema to tell of.
    """
    if not isinstance(node, ListNode):
        return None
    found: dict[int, Scalar] = {}
    for index, item in enumerate(node.items):
        if isinstance(item, Scalar) and isinstance(item.value, str):
            found[index] = item
        elif not is_null(item) or not place.findings.is_spoiled((*place.path, index)):
            return None
    return found


def pairs(node: Node, place: Place) -> Node:
    """Read ``[A=1, B]`` as ``{A: "1", B: null}``; of equal names the last one wins."""
    if isinstance(node, MapNode):
        return replaced(node, {key: _as_text(value) for key, value in node.values.items()})
    items = texts(node, place)
    if items is None:
        return node
    values: dict[str, Node] = {}
    for item in items.values():
        name, equals, value = text(item).partition("=")
        values[name] = scalar(value if equals else None, item)
    return record(values, node)


def variables(node: Node, place: Place) -> Node:
    """Read `pairs` in which no name that stands in a list may end in a blank."""
    for index, item in (texts(node, place) or {}).items():
        name = text(item).partition("=")[0]
        if name != name.rstrip():
            place.at(index).problem(item, f"the name of the variable {shown(name)} ends in a blank")
    return pairs(node, place)


def complete_pairs(node: Node, place: Place) -> Node:
    """Read `pairs` in which each name must have a value, a text."""
    if isinstance(node, MapNode):
        for name, value in node.values.items():
            if not isinstance(value, Scalar) or not isinstance(value.value, str):
                place.at(name).problem(value, "must be a string; write it in quotes")
    for index, item in (texts(node, place) or {}).items():
        if "=" not in text(item):
            place.at(index).problem(item, f"{shown(text(item))} must be NAME=value")
    return pairs(node, place)


def _as_text(node: Node) -> Node:
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, str):
        return node
    return scalar(text(node), node)


def named(make: Callable[[Node], Node]) -> Callable[[Node, Place], Node]:
    """Read a list of names as a mapping in which each name has what *make* gives for it."""

    def read(node: Node, place: Place) -> Node:
        items = texts(node, place)
        if items is None:
            return node
        return record({text(item): make(item) for item in items.values()}, node)

    return read


def nothing(where: Node) -> Node:
    """Make the null that a name alone stands for."""
    return scalar(None, where)

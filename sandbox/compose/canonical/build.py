"""``build``, ``depends_on``, ``gpus``: the short forms that have no kin."""

from __future__ import annotations

from sandbox.compose.canonical.lists import named
from sandbox.compose.canonical.shape import record, replaced, scalar
from sandbox.compose.findings import Place
from sandbox.compose.known import shown
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, text


def build(node: Node, _place: Place) -> Node:
    """Read a string as the context."""
    return record({"context": node}, node) if isinstance(node, Scalar) else node


def ssh(node: Node, place: Place) -> Node:
    """Read ``{id: path}`` and ``[id=path]`` as a list of ``id=path``; ``default`` has no path."""
    if isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            if "=" not in text(item, "=") and text(item) != "default":
                place.at(index).problem(item, f"{shown(text(item))} must be `default` or id=path")
    if isinstance(node, Scalar):
        return ListNode(items=(node,), mark=node.mark)
    if not isinstance(node, MapNode):
        return node
    if not all(isinstance(path, Scalar) for path in node.values.values()):
        return node
    lines = (
        scalar(f"{name}={text(path)}" if text(path) else name, path)
        for name, path in node.values.items()
    )
    return ListNode(items=tuple(lines), mark=node.mark)


def dependencies(node: Node, place: Place) -> Node:
    """Read a list of names, and fill in what each mapping leaves open."""
    if not isinstance(node, MapNode):
        return _BY_NAME(node, place)
    changes = {
        name: _dependency(value)
        for name, value in node.values.items()
        if isinstance(value, MapNode)
    }
    return replaced(node, changes)


def _dependency(node: MapNode) -> MapNode:
    missing: dict[str, Node | None] = {
        key: scalar(value, node)
        for key, value in (("condition", "service_started"), ("required", True))
        if key not in node.values
    }
    return replaced(node, missing) if missing else node


_BY_NAME = named(lambda item: _dependency(record({}, item)))


def gpus(node: Node, _place: Place) -> Node:
    """Read ``all`` as one request for every device."""
    if not isinstance(node, Scalar):
        return node
    return ListNode(items=(record({"count": scalar(-1, node)}, node),), mark=node.mark)

"""How a table of rules is laid over a tree: each rule meets the values at its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sandbox.compose.findings import Place
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Scalar, Value

Rule: TypeAlias = Callable[[Node, Place], Node | None]
"""Gives what a value comes to, or nothing to leave it out; faults go to the place."""
Shape: TypeAlias = "Rule | tuple[Shape, ...] | Mapping[str, Shape]"
"""One rule, several in their order, or rules by key."""

EACH = "*"
"""The key that stands for every entry of a mapping or of a list."""


def applied(node: Node, shape: Shape, place: Place) -> Node | None:
    """Apply *shape* to *node*; what no rule names stays as it is."""
    if callable(shape):
        return shape(node, place)
    if not isinstance(shape, tuple):
        return _by_key(node, shape, place)
    result: Node | None = node
    for part in shape:
        result = applied(result, part, place) if result is not None else None
    return result


def _by_key(node: Node, shape: Mapping[str, Shape], place: Place) -> Node:
    each = shape.get(EACH)
    if isinstance(node, ListNode):
        return node if each is None else _each_item(node, each, place)
    if not isinstance(node, MapNode):
        return node
    values = node.values
    changes: dict[str, Node | None] = {}
    for key in shape if each is None else values:
        if key in values:
            before = values[key]
            after = applied(before, shape.get(key) or shape[EACH], place.at(key))
            if after is not before:
                changes[key] = after
    return replaced(node, changes) if changes else node


def _each_item(node: ListNode, shape: Shape, place: Place) -> ListNode:
    found = (applied(item, shape, place.at(index)) for index, item in enumerate(node.items))
    return ListNode(items=tuple(item for item in found if item is not None), mark=node.mark)


def scalar(value: Value, where: Node | Mark) -> Scalar:
    """Make a value that was written, in another form, at *where*."""
    return Scalar(value=value, mark=where if isinstance(where, Mark) else where.mark)


def record(values: Mapping[str, Node], where: Node | Mark) -> MapNode:
    """Make a mapping that was written, in another form, at *where*."""
    mark = where if isinstance(where, Mark) else where.mark
    marks = {key: value.mark for key, value in values.items()}
    return MapNode(values=values, key_marks=marks, mark=mark)


def replaced(node: MapNode, changes: Mapping[str, Node | None]) -> MapNode:
    """Copy *node* with other values at the keys of *changes*; ``None`` takes the key out."""
    values, marks = dict(node.values), dict(node.key_marks)
    for key, value in changes.items():
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
            marks.setdefault(key, value.mark)
    return MapNode(values=values, key_marks=marks, mark=node.mark)

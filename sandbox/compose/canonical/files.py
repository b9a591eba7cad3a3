"""Entries of ``secrets`` and ``configs`` of a service, of ``env_file``, and ``external``."""

from __future__ import annotations

from sandbox.compose.canonical.shape import record, replaced, scalar
from sandbox.compose.findings import Place
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, flag, text


def file_use(node: Node, _place: Place) -> Node:
    """Read the name of a secret or config as ``{source: name}``."""
    return record({"source": node}, node) if _is_text(node) else node


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


def env_files(node: Node, place: Place) -> Node:
    """Read one path, or a list of paths and mappings, as mappings with ``path``."""
    if _is_text(node):
        node = ListNode(items=(node,), mark=node.mark)
    if isinstance(node, MapNode):
        place.problem(node, "must be a path, or a list of paths and mappings")
    if not isinstance(node, ListNode):
        return node
    found = (_env_file(item, place.at(index)) for index, item in enumerate(node.items))
    return ListNode(items=tuple(item for item in found if item is not None), mark=node.mark)


def _env_file(node: Node, place: Place) -> Node | None:
    if _is_text(node):
        return record({"path": node, "required": scalar(value=True, where=node)}, node)
    if not isinstance(node, MapNode):
        return node
    if "path" not in node.values:
        place.problem(node, "the key `path` is missing")
        return None
    if "required" in node.values:
        return node
    return replaced(node, {"required": scalar(value=True, where=node)})


def external(node: Node, place: Place) -> Node:
    """Read the old ``external: {name: x}`` as ``external: true`` and ``name: x``."""
    if not isinstance(node, MapNode):
        return node
    old = node.get("external")
    if not isinstance(old, MapNode):
        return node
    place.warn(old, "`external.name` is old; write `external: true` and `name`")
    changes: dict[str, Node | None] = {"external": scalar(value=True, where=old)}
    name, inner = node.get("name"), old.get("name")
    if inner is not None and name is not None and text(inner) != text(name):
        place.problem(inner, "`name` and `external.name` differ", "write only `name`")
    elif inner is not None:
        changes["name"] = inner
    return replaced(node, changes)


def is_external(node: MapNode) -> bool:
    """Does *node* say that somebody else made it?"""
    return flag(node.get("external"), default=False)

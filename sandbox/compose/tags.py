"""The tags ``!reset`` and ``!override``: what a document takes away from those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.compose.node import EMPTY, ListNode, MapNode, Mark, Node, Path

RESET = "!reset"
OVERRIDE = "!override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """
    One document of a file.

    Attributes:
        tree: What it says; nothing in it is tagged any more.
        cuts: What it takes out of the documents and bases before it, as paths.
    """

    tree: MapNode
    cuts: tuple[Path, ...] = ()


def untagged(tree: MapNode, tags: Mapping[Mark, str]) -> Document:
    """
    Take what is tagged ``!reset`` out of *tree* and list all that is tagged.

    Args:
        tree: One document.
        tags: The tag of each tagged value, by its place; an alias has the place of its anchor.
    """
    if not tags:
        return Document(tree=tree)
    cuts: list[Path] = []
    kept = _kept(tree, (), tags, cuts)
    return Document(tree=kept if isinstance(kept, MapNode) else EMPTY, cuts=tuple(cuts))


def _kept(node: Node, path: Path, tags: Mapping[Mark, str], cuts: list[Path]) -> Node | None:
    tag = tags.get(node.mark)
    if tag:
        cuts.append(path)
        if tag == RESET:
            return None
    if isinstance(node, ListNode):
        items = (_kept(item, (*path, i), tags, cuts) for i, item in enumerate(node.items))
        return ListNode(items=tuple(item for item in items if item is not None), mark=node.mark)
    if isinstance(node, MapNode):
        below = {key: _kept(value, (*path, key), tags, cuts) for key, value in node.values.items()}
        values = {key: value for key, value in below.items() if value is not None}
        return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)
    return node


def without(tree: MapNode, paths: Sequence[Path]) -> MapNode:
    """Give *tree* without what lies at *paths*; a path that is not there, or in a list, is none."""
    for path in paths:
        if path:
            tree = _without(tree, path)
    return tree


def _without(node: MapNode, path: Path) -> MapNode:
    key = str(path[0])
    value = node.values.get(key)
    if value is None:
        return node
    values = dict(node.values)
    if len(path) == 1:
        del values[key]
    elif isinstance(value, MapNode):
        values[key] = _without(value, path[1:])
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

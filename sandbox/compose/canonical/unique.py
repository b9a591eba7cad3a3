"""Lists whose entries have a key: of entries with the same key the last one stays."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.compose.canonical.mounts import target_of
from sandbox.compose.canonical.shape import EACH, Rule, Shape, applied
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, mapping, text

Key = Callable[[Node, int], object]


def unique(tree: MapNode) -> MapNode:
    """
    Drop entries of lists in *tree* that a later entry with the same key replaces.

    The later entry takes the place of the earlier one. Short forms have the key of their long form,
    so that it does not matter whether *tree* is canonical.
    """
    return mapping(applied(tree, _FILE, Place(findings=Findings(""), path=())))


def _by(key: Key) -> Rule:
    def rule(node: Node, _place: Place) -> Node:
        if not isinstance(node, ListNode):
            return node
        found: dict[object, Node] = {}
        for index, item in enumerate(node.items):
            found[key(item, index)] = item
        if len(found) == len(node.items):
            return node
        return ListNode(items=tuple(found.values()), mark=node.mark)

    return rule


def _name(node: Node, index: int) -> object:
    """Give what stands before the equals sign; what is no string is unlike anything."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return index
    return node.value.partition("=")[0]


def _text(node: Node, index: int) -> object:
    return text(node) if isinstance(node, Scalar) else index


def _path(node: Node, index: int) -> object:
    return _name(node, index) if isinstance(node, Scalar) else text(mapping(node).get("path"))


def _target(node: Node, index: int) -> object:
    if isinstance(node, Scalar):
        return target_of(text(node)) or index
    target = mapping(node).get("target")
    return index if target is None else text(target)


def _device(node: Node, index: int) -> object:
    if not isinstance(node, Scalar):
        return _target(node, index)
    parts = text(node).split(":")
    return parts[1] if parts[1:] else parts[0]


def _file(folder: str) -> Key:
    def key(node: Node, _index: int) -> object:
        if isinstance(node, Scalar):
            return f"{folder}/{text(node)}"
        entry = mapping(node)
        return text(entry.get("target")) or f"{folder}/{text(entry.get('source'))}"

    return key


def _port(node: Node, index: int) -> object:
    if isinstance(node, Scalar):
        return text(node)
    entry = mapping(node)
    if "target" not in entry.values:
        return index
    defaults = {"host_ip": "0.0.0.0", "published": "", "protocol": "tcp"}  # noqa: S104 - a default of Compose; nothing is bound
    parts = [text(entry.get(key)) or default for key, default in defaults.items()]
    return (text(entry.get("target")), *parts)


_SERVICE: Shape = {
    "annotations": _by(_name),
    "build": {
        "additional_contexts": _by(_name),
        "args": _by(_name),
        "labels": _by(_name),
        "tags": _by(_name),
    },
    "cap_add": _by(_name),
    "cap_drop": _by(_name),
    "configs": _by(_file("")),
    "deploy": {"labels": _by(_name)},
    "devices": _by(_device),
    "dns": _by(_name),
    "dns_opt": _by(_name),
    "dns_search": _by(_name),
    "env_file": _by(_path),
    "environment": _by(_name),
    "expose": _by(_text),
    "labels": _by(_name),
    "links": _by(_name),
    "networks": {EACH: {"aliases": _by(_name), "link_local_ips": _by(_name)}},
    "ports": _by(_port),
    "profiles": _by(_name),
    "secrets": _by(_file("/run/secrets")),
    "sysctls": _by(_name),
    "tmpfs": _by(_name),
    "volumes": _by(_target),
}
_FILE: Shape = {
    "networks": {EACH: {"labels": _by(_name)}},
    "services": {EACH: _SERVICE},
}

"""Values that Compose fills in where none is written."""

from __future__ import annotations

from sandbox.compose.canonical.shape import EACH, Shape, applied, replaced, scalar
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import MapNode, Node, Value, mapping, text

SECRETS_FOLDER = "/run/secrets/"


def with_defaults(tree: MapNode) -> MapNode:
    """Fill defaults into the canonical *tree*."""
    return mapping(applied(tree, _FILE, Place(findings=Findings(""), path=())))


def _filled(node: Node, defaults: dict[str, Value]) -> Node:
    if not isinstance(node, MapNode):
        return node
    missing: dict[str, Node | None] = {
        key: scalar(value, node) for key, value in defaults.items() if key not in node.values
    }
    return replaced(node, missing) if missing else node


def _port(node: Node, _place: Place) -> Node:
    return _filled(node, {"mode": "ingress", "protocol": "tcp"})


def _build(node: Node, _place: Place) -> Node:
    return _filled(node, {"context": "."})


def _secret(node: Node, _place: Place) -> Node:
    return _filled(node, {"target": f"{SECRETS_FOLDER}{text(mapping(node).get('source'))}"})


def _device(node: Node, _place: Place) -> Node:
    if {"count", "device_ids"} & mapping(node).values.keys():
        return node
    return _filled(node, {"count": -1})


_DEVICES: Shape = {EACH: _device}
_FILE: Shape = {
    "services": {
        EACH: {
            "build": _build,
            "deploy": {"resources": {"reservations": {"devices": _DEVICES}}},
            "gpus": _DEVICES,
            "ports": {EACH: _port},
            "secrets": {EACH: _secret},
        }
    }
}

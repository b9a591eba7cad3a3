"""Rules that bind several values of one element, which a schema cannot say."""

from __future__ import annotations

from sandbox.compose.canonical.files import is_external
from sandbox.compose.canonical.ports import is_address
from sandbox.compose.canonical.shape import EACH, Rule, Shape, applied
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.known import shown
from sandbox.compose.node import MapNode, Node, is_null, mapping, text


def check(tree: MapNode, findings: Findings) -> None:
    """Report combinations in the canonical *tree* that are not allowed."""
    applied(tree, _FILE, Place(findings=findings, path=()))


def _device(node: Node, place: Place) -> Node:
    request = mapping(node)
    if {"count", "device_ids"} <= request.values.keys():
        place.problem(
            key_mark(request, "device_ids"),
            "`count` and `device_ids` exclude each other",
            "remove one of them",
        )
    return node


def _port(node: Node, place: Place) -> Node:
    host_ip = mapping(node).get("host_ip")
    address = text(host_ip)
    if host_ip is not None and not is_address(address):
        place.at("host_ip").problem(host_ip, f"{shown(address)} is not an IP address")
    return node


def _path(node: Node, place: Place) -> Node:
    if not text(node):
        place.problem(node, "a path is needed here")
    return node


def _volume(node: Node, place: Place) -> Node:
    volume = mapping(node)
    if is_external(volume):
        allowed = {"external", "name"}
        others = (key for key in volume.values if key not in allowed and not key.startswith("x-"))
        for key in others:
            place.at(key).problem(
                key_mark(volume, key),
                f"a volume with `external: true` is created elsewhere: `{key}` has no effect",
                f"remove `{key}`, or `external`",
            )
    return node


def _content(*sources: str) -> Rule:
    """Demand one of *sources* of what we are to make, and no two."""

    def rule(node: Node, place: Place) -> Node:
        resource = mapping(node)
        if is_external(resource):
            return node
        given = [key for key in sources if key in resource.values]
        if not given and not place.findings.is_spoiled(place.path):
            place.problem(node, f"one of {', '.join(sources)} is needed, or `external: true`")
        for other in given[1:]:
            place.at(other).problem(
                key_mark(resource, other),
                f"`{given[0]}` and `{other}` exclude each other",
                "remove one of them",
            )
        return node

    return rule


def _bind(node: Node, place: Place) -> Node:
    mount = mapping(node)
    if text(mount.get("type")) == "bind" and "source" not in mount.values:
        place.problem(node, "a bind mount needs a `source`: the path on the host")
    return node


def _needed(*keys: str) -> Rule:
    def rule(node: Node, place: Place) -> Node:
        if isinstance(node, MapNode):
            for key in keys:
                if key not in node.values or is_null(node.get(key)):
                    place.problem(node, f"the key `{key}` is missing")
        return node

    return rule


_DEVICES: Shape = {EACH: _device}
_FILE: Shape = {
    "configs": {EACH: _content("file", "environment", "content")},
    "secrets": {EACH: _content("file", "environment")},
    "services": {
        EACH: {
            "deploy": {"resources": {"reservations": {"devices": _DEVICES}}},
            "develop": {"watch": {EACH: {"path": _path}}},
            "devices": {EACH: _needed("source", "target")},
            "env_file": {EACH: {"path": _path}},
            "gpus": _DEVICES,
            "label_file": {EACH: _path},
            "ports": {EACH: (_needed("target"), _port)},
            "volumes": {EACH: (_needed("target"), _bind)},
        }
    },
    "volumes": {EACH: _volume},
}

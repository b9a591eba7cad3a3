"""Every short form of a whole file as its long form."""

from __future__ import annotations

from sandbox.compose.canonical.build import build, dependencies, gpus, ssh
from sandbox.compose.canonical.files import env_files, external, file_use
from sandbox.compose.canonical.lists import (
    complete_pairs,
    listed,
    listed_without_blanks,
    named,
    nothing,
    pairs,
    variables,
)
from sandbox.compose.canonical.mounts import device, mount
from sandbox.compose.canonical.ports import count, exposed, ports
from sandbox.compose.canonical.shape import EACH, Shape, applied, replaced
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.node import MapNode, Node, mapping

PORTS_MAX = 100_000
"""How many entries all ranges of ports in one project may come to."""

_BUILD: Shape = (
    build,
    {
        "additional_contexts": complete_pairs,
        "args": variables,
        "labels": pairs,
        "secrets": {EACH: file_use},
        "ssh": ssh,
    },
)
_SERVICE: Shape = {
    "annotations": pairs,
    "build": _BUILD,
    "configs": {EACH: file_use},
    "depends_on": dependencies,
    "deploy": {"labels": pairs},
    "devices": {EACH: device},
    "dns": listed_without_blanks,
    "dns_search": listed,
    "env_file": env_files,
    "environment": variables,
    "expose": {EACH: exposed},
    "gpus": gpus,
    "label_file": listed,
    "labels": pairs,
    "models": named(nothing),
    "networks": named(nothing),
    "ports": ports,
    "post_start": {EACH: {"environment": variables}},
    "pre_stop": {EACH: {"environment": variables}},
    "secrets": {EACH: file_use},
    "sysctls": pairs,
    "tmpfs": listed,
    "volumes": {EACH: mount},
}
_FILE: Shape = {
    "configs": {EACH: (external, {"labels": pairs})},
    "networks": {EACH: (external, {"labels": pairs})},
    "secrets": {EACH: (external, {"labels": pairs})},
    "services": {EACH: _SERVICE},
    "volumes": {EACH: (external, {"labels": pairs})},
}


def canonical(tree: MapNode, findings: Findings) -> MapNode:
    """
    Turn every short form of a valid *tree* into its long form.

    What a mapping or list says does not change, and the result is valid again: it can be merged
    with the next file. Texts such as ``1m30s`` or a command line are read by `valued`.
    """
    tree = _bounded(tree, findings)
    return mapping(applied(tree, _FILE, Place(findings=findings, path=())))


def _bounded(tree: MapNode, findings: Findings) -> MapNode:
    """Take out the ports of services from the one on at which there are too many."""
    services = mapping(tree.get("services"))
    total = 0
    changes: dict[str, Node | None] = {}
    for name, service in services.values.items():
        node = mapping(service)
        total += count(node.get("ports"))
        if total > PORTS_MAX and "ports" in node.values:
            place = Place(findings=findings, path=("services", name, "ports"))
            place.problem(
                key_mark(node, "ports"), f"ranges of ports come to more than {PORTS_MAX:,} ports"
            )
            changes[name] = replaced(node, {"ports": None})
    if not changes:
        return tree
    return replaced(tree, {"services": replaced(services, changes)})

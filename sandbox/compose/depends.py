"""``depends_on``."""

from __future__ import annotations

from sandbox.compose.findings import key_mark
from sandbox.compose.node import MapNode, Mark, Node, flag, mapping, text
from sandbox.model.service import Condition, Dependency


def read_dependencies(node: Node | None) -> dict[Dependency, Mark]:
    """Read all with their places, sorted by name; the schema knows the conditions."""
    declared = mapping(node)
    return {
        _dependency(name, mapping(value)): key_mark(declared, name)
        for name, value in sorted(declared.values.items())
    }


def _dependency(name: str, node: MapNode) -> Dependency:
    return Dependency(
        service_name=name,
        condition=Condition(text(node.get("condition")) or Condition.STARTED),
        required=flag(node.get("required"), default=True),
        restart=flag(node.get("restart"), default=False),
    )

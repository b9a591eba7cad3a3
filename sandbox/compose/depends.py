"""``depends_on``."""

from __future__ import annotations

from sandbox.compose.merge import named, started
from sandbox.compose.node import MapNode, Mark, Node, flag, mapping, text
from sandbox.model.service import Condition, Dependency


def read_dependencies(node: Node | None) -> dict[Dependency, Mark]:
    """Read both forms with their places, sorted by name; the schema knows the conditions."""
    declared = named(node, started(node.mark)) if node is not None else None
    if declared is None:
        return {}
    return {
        _dependency(name, mapping(value)): declared.key_marks[name]
        for name, value in sorted(declared.values.items())
    }


def _dependency(name: str, node: MapNode) -> Dependency:
    condition = text(node.get("condition")) or Condition.STARTED
    return Dependency(
        service_name=name,
        condition=Condition(condition),
        required=flag(node.get("required"), default=True),
        restart=flag(node.get("restart"), default=False),
    )

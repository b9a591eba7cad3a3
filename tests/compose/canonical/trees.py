"""Texts as trees, through one step of the loader."""

from collections.abc import Callable
from typing import Any

from sandbox.compose.canonical import canonical, valued
from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode, plain

Step = Callable[[MapNode, Findings], MapNode]


def tree_of(text: str) -> MapNode:
    """Read *text*, which must be good YAML."""
    tree = parse(text.encode(), "compose.yaml", Findings("compose.yaml"))
    assert tree is not None
    return tree


def canonical_service(attributes: str) -> dict[str, Any]:
    """Bring the service of *attributes*, the inside of a flow mapping, to its long forms."""
    return _service(attributes, canonical)


def valued_service(attributes: str) -> dict[str, Any]:
    """Bring the service of *attributes* to its long forms, and read its values."""
    return _service(attributes, both)


def both(tree: MapNode, findings: Findings) -> MapNode:
    return valued(canonical(tree, findings), findings)


def faults(attributes: str) -> list[str]:
    """Give path and message of all that is wrong with a service."""
    findings = Findings("compose.yaml")
    both(tree_of(f"services: {{a: {{{attributes}}}}}"), findings)
    return [f"{one.path}: {one.message}" for one in findings.problems]


def warnings(attributes: str) -> tuple[str, ...]:
    findings = Findings("compose.yaml")
    both(tree_of(f"services: {{a: {{{attributes}}}}}"), findings)
    return findings.warnings


def _service(attributes: str, step: Step) -> dict[str, Any]:
    findings = Findings("compose.yaml")
    tree = step(tree_of(f"services: {{a: {{{attributes}}}}}"), findings)
    assert findings.problems == ()
    found: Any = plain(tree)
    return dict(found["services"]["a"])

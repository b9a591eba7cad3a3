"""The steps that make a canonical project complete, for tests of each of them."""

from typing import Any

from sandbox.compose import consistency, semantics
from sandbox.compose.canonical import canonical, valued
from sandbox.compose.defaults import with_defaults
from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode, mapping, plain
from sandbox.compose.normalise import normalised
from sandbox.compose.paths import resolved
from tests.compose.canonical.trees import tree_of


def project(text: str, findings: Findings | None = None) -> MapNode:
    """Bring *text* to its complete form; the project is ``shop`` in ``/app``."""
    findings = findings or Findings("compose.yaml")
    tree = with_defaults(canonical(tree_of(text), findings))
    semantics.check(tree, findings)
    tree = resolved(tree, "/app", "/home/me")
    return normalised(valued(tree, findings), "shop")


def printed(text: str) -> dict[str, Any]:
    """Give what `project` comes to, as plain values."""
    found: Any = plain(project(text))
    return dict(found)


def service(attributes: str) -> dict[str, Any]:
    """Give the service ``a`` of *attributes*, the inside of a flow mapping."""
    return dict(printed(f"services: {{a: {{{attributes}}}}}")["services"]["a"])


def faults(text: str, *disabled: str) -> list[str]:
    """Give path and message of all that semantics and consistency say of *text*."""
    findings = Findings("compose.yaml")
    tree = project(text, findings)
    services = mapping(tree.get("services")).values
    enabled = {key: value for key, value in services.items() if key not in disabled}
    off = {key: mapping(value) for key, value in services.items() if key in disabled}
    section = MapNode(
        values=enabled, key_marks=mapping(tree.get("services")).key_marks, mark=tree.mark
    )
    tree = MapNode(
        values={**tree.values, "services": section}, key_marks=tree.key_marks, mark=tree.mark
    )
    consistency.check(tree, findings, off)
    return [f"{one.path}: {one.message}" for one in findings.problems]

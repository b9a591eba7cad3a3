"""Rules that bind services, networks, volumes, secrets and configs to each other."""

from __future__ import annotations

from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode


def check(tree: MapNode, findings: Findings) -> None:
    """Report what the enabled services of *tree* refer to and nobody declares, and cycles."""
    del tree, findings

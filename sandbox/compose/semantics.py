"""Rules that bind several values of one element, which a schema cannot say."""

from __future__ import annotations

from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode


def check(tree: MapNode, findings: Findings) -> None:
    """Report combinations in the canonical *tree* that are not allowed."""
    del tree, findings

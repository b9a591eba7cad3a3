"""Values that Compose fills in where none is written."""

from __future__ import annotations

from sandbox.compose.node import MapNode


def with_defaults(tree: MapNode) -> MapNode:
    """Fill defaults into the canonical *tree*."""
    return tree

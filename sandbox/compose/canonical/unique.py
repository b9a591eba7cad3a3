"""Lists whose entries have a key: of entries with the same key the last one stays."""

from __future__ import annotations

from sandbox.compose.node import MapNode


def unique(tree: MapNode) -> MapNode:
    """Drop entries of lists in *tree* that a later entry with the same key replaces."""
    return tree

"""What follows from what is written: names, the default network, implied dependencies."""

from __future__ import annotations

from sandbox.compose.node import MapNode


def normalised(tree: MapNode, name: str) -> MapNode:
    """Complete the canonical *tree* of the project *name*."""
    del name
    return tree

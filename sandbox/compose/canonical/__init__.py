"""
The one form that the short and long forms of every attribute come to.

Shape, units and spelling are those of ``docker compose config --format json``; every value keeps
the mark of where it was written. Nothing here reads a file or knows another service.
"""

from __future__ import annotations

from sandbox.compose.canonical.final import valued
from sandbox.compose.canonical.tree import canonical
from sandbox.compose.canonical.unique import unique

__all__ = ["canonical", "unique", "valued"]

"""Cycles in a graph of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CYCLES_MAX = 20


def cycles(edges: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """
    Find cycles, each closed with its first name and beginning with its least one.

    Args:
        edges: For each name the names that it needs; all of them are keys.

    Returns:
        Sorted; `CYCLES_MAX` at most, and one at least when there is any.
    """
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for root in sorted(edges):
        path: dict[str, None] = {}
        pending: list[tuple[str, bool]] = [(root, True)]
        while pending and len(found) < CYCLES_MAX:
            name, entering = pending.pop()
            if not entering:
                del path[name]
                done.add(name)
            elif name in path:
                found[_rotated(list(path), name)] = None
            elif name not in done:
                path[name] = None
                pending.append((name, False))
                pending += [(below, True) for below in sorted(edges[name], reverse=True)]
    return [[*cycle, cycle[0]] for cycle in sorted(found)]


def _rotated(path: list[str], name: str) -> tuple[str, ...]:
    """Take the part of *path* from *name* on and let it begin with its least name."""
    cycle = path[path.index(name) :]
    first = cycle.index(min(cycle))
    return (*cycle[first:], *cycle[:first])

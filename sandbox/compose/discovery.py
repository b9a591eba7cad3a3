"""Which files make a project when its caller names none."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from sandbox.compose.files import Files
from sandbox.compose.template import Variables

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_SEPARATOR = ":"


def absolute(paths: Sequence[str], folder: str) -> tuple[str, ...]:
    """Make *paths*, which are meant from *folder*, absolute."""
    return tuple(posixpath.normpath(posixpath.join(folder, path)) for path in paths)


def from_variables(variables: Variables, folder: str) -> tuple[str, ...]:
    """Give the files of the variable ``COMPOSE_FILE``; empty when it is not set."""
    named = variables.get("COMPOSE_FILE")
    if not named:
        return ()
    separator = variables.get("COMPOSE_PATH_SEPARATOR") or _SEPARATOR
    return absolute([path for path in named.split(separator) if path], folder)


def by_name(files: Files, folder: str) -> tuple[str, ...]:
    """Find a file of a usual name in *folder* or above it, and the one that overrides it."""
    while True:
        found = _first(files, folder, NAMES)
        if found:
            override = _first(files, folder, OVERRIDES)
            return (found, override) if override else (found,)
        above = posixpath.dirname(folder)
        if above == folder:
            return ()
        folder = above


def _first(files: Files, folder: str, names: Sequence[str]) -> str:
    paths = (posixpath.join(folder, name) for name in names)
    return next((path for path in paths if files.content(path) is not None), "")

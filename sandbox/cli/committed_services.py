"""
Names of services for the shell, from the committed Compose files.

A completion has to be quick: Git is asked for single files, and neither the Git library nor the
loader is imported. What cannot be read is not offered, and nothing is said about it.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.compose.node import MapNode, Node

HOMES: Final = ("refs/heads/main", "HEAD")
"""Where environments are declared: on `main`, without one in what is checked out."""
TIMEOUT_S: Final = 2.0
DEPTH_MAX: Final = 5
# As `adapters.git_repository.program` has it: nothing that a repository's config names is run.
OPTIONS: Final = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
VARIABLES: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
}


def service_names(folder: str, environment: str) -> list[str]:
    """
    Names of the services and gates of *environment* as committed, sorted.

    Args:
        folder: In the repository.
    """
    file = posixpath.normpath(f"environments/{environment}/compose.yaml")
    if not file.startswith("environments/"):
        return []
    for home in HOMES:
        tree = _read(folder, home, file)
        if tree is not None:
            tracked = _text(_map(tree.values.get("x-sandbox")), "track")
            branch = f"refs/heads/{tracked}" if tracked else home
            return sorted(set(_services(folder, branch, file, DEPTH_MAX)))
    return []


def _services(folder: str, branch: str, file: str, depth: int) -> Iterator[str]:
    """
    Services of *file* and of the files that it includes.
    """
    tree = _read(folder, branch, file) if depth else None
    if tree is None:
        return
    services = _map(tree.values.get("services"))
    yield from services.values if services else ()
    for path in _included(tree.values.get("include")):
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        yield from _services(folder, branch, beside, depth - 1)


def _included(node: Node | None) -> Iterator[str]:
    from sandbox.compose.node import ListNode, MapNode, Scalar

    match node:
        case ListNode():
            for each in node.items:
                yield from _included(each)
        case MapNode():
            yield from _included(node.values.get("path"))
        case Scalar(value=str(path)):
            yield path
        case _:
            return


def _map(node: Node | None) -> MapNode | None:
    from sandbox.compose.node import MapNode

    return node if isinstance(node, MapNode) else None


def _text(node: MapNode | None, key: str) -> str:
    from sandbox.compose.node import Scalar

    found = node.values.get(key) if node else None
    return found.value if isinstance(found, Scalar) and isinstance(found.value, str) else ""


def _read(folder: str, branch: str, file: str) -> MapNode | None:
    from sandbox.compose.document import parse_documents
    from sandbox.compose.findings import Findings

    content = _blob(folder, f"{branch}:{file}")
    documents = parse_documents(content, file, Findings(file)) if content else ()
    return documents[0].tree if documents else None


def _blob(folder: str, name: str) -> bytes:
    command = ("git", "-C", folder, *OPTIONS, "cat-file", "blob", name)
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
            env={**os.environ, **VARIABLES},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return b""
    return b"" if answer.returncode else answer.stdout

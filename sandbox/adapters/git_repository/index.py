"""What is staged, read from the index without refreshing it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.place import Place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.tree import LINK, LINKS_MAX, Node
from sandbox.errors import SourceError

STAGED: Final = "0"


def staged_files(program: GitProgram, objects: ObjectReader, folder: str) -> Mapping[str, bytes]:
    """
    Content of the regular files below *folder*, by path; links to others of them are followed.

    Args:
        program: Git at the top of the work tree whose index is meant.
        objects: Where the contents are.
        folder: Relative to the top.

    Raises:
        SourceError: A file has a conflict that nobody has resolved: nothing is staged for it.
    """
    nodes = _nodes(os.fsdecode(program.run("ls-files", "--stage", "-z", "--", folder)))
    targets = ((path, _target(nodes, objects, path)) for path in sorted(nodes))
    return {path: objects.need(node.object_id, "blob") for path, node in targets if node}


def index_of_hook(place: Place) -> str:
    """
    Path of the index that a commit under way is made from; empty for the ordinary one.

    ``git commit -a`` and ``git commit FILE`` write another one, and name it to their hooks.
    """
    named = os.environ.get("GIT_INDEX_FILE", "")
    if not named or place.top is None:
        return ""
    index = Path(place.top, named).resolve()
    # Of another repository, it says nothing about ours.
    return str(index) if index.parent == Path(place.git_dir).resolve() else ""


def _nodes(listed: str) -> Mapping[str, Node]:
    nodes: dict[str, Node] = {}
    for line in listed.split("\0"):
        about, _, path = line.partition("\t")
        if path:
            mode, object_id, stage = about.split()
            if stage != STAGED:
                raise SourceError(
                    f"{path} has a merge conflict", remedy=f"resolve it, then: git add {path}"
                )
            nodes[path] = Node(mode=mode, object_id=object_id)
    return nodes


def _target(nodes: Mapping[str, Node], objects: ObjectReader, path: str) -> Node | None:
    """The regular file that *path* is or leads to; ``None`` when there is none."""
    for _ in range(LINKS_MAX):
        node = nodes.get(path)
        if node is None or node.mode != LINK:
            return node if node and node.mode.startswith("100") else None
        target = os.fsdecode(objects.need(node.object_id, "blob"))
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return None

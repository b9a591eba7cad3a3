"""Trees of a commit: where a path leads, and what is below a folder."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.adapters.git_repository.cache import KEPT_S, BoundedCache
from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.errors import SourceError
from sandbox.ports import TreeEntry

FOLDER: Final = "040000"
LINK: Final = "120000"
SUBMODULE: Final = "160000"
EXECUTABLE: Final = "100755"
REGULAR: Final = "100644"

LINKS_MAX: Final = 20
ENTRIES_MAX: Final = 100_000
NODES_MAX: Final = 50_000
# What no work tree can hold, or what would lead out of it; `git fsck` refuses them too.
FORBIDDEN_NAMES: Final = frozenset({"", ".", "..", ".git"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One entry of one tree: *mode* as `TreeEntry` has it."""

    mode: str
    object_id: str


def path_parts(path: str) -> tuple[str, ...]:
    """Names along *path*; `SourceError` when it leaves the repository."""
    parts = tuple(part for part in path.split("/") if part not in {"", "."})
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise SourceError(f"the path {path!r} leads out of the repository")
    return parts


def parse_tree(content: bytes, id_bytes: int) -> Mapping[str, Node]:
    """
    Read a raw tree object: mode, space, name, NUL, id of *id_bytes* bytes, and so on.

    Raises:
        SourceError: It is cut off, or has a name that is none.
    """
    nodes: dict[str, Node] = {}
    start = 0
    while start < len(content):
        space = content.find(b" ", start)
        end = content.find(b"\0", space)
        if space < 0 or end < 0 or end + id_bytes >= len(content):
            raise SourceError("the repository has a damaged tree", remedy="git fsck")
        name = os.fsdecode(content[space + 1 : end])
        if name.lower() in FORBIDDEN_NAMES or "/" in name:
            raise SourceError(f"the commit has a file of the forbidden name {name!r}")
        nodes[name] = Node(
            mode=content[start:space].decode("ascii").zfill(6),
            object_id=content[end + 1 : end + 1 + id_bytes].hex(),
        )
        start = end + 1 + id_bytes
    return nodes


class TreeReader:
    """
    Walks the trees of commits.

    Args:
        objects: Where trees and links are read.
        hash_name: ``sha1`` or ``sha256``.
        note_module: Told the path of a submodule before it is looked for.
    """

    def __init__(
        self,
        objects: ObjectReader,
        hash_name: str,
        note_module: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._objects = objects
        self._note_module = note_module
        self._id_bytes = 32 if hash_name == "sha256" else 20
        self._parsed: BoundedCache[str, Mapping[str, Node]] = BoundedCache(
            NODES_MAX, len, kept_s=KEPT_S
        )

    def nodes(self, tree_id: str) -> Mapping[str, Node]:
        """Entries of one tree by name."""
        found = self._parsed.get(tree_id)
        if found is None:
            found = parse_tree(self._objects.need(tree_id, "tree"), self._id_bytes)
            self._parsed.put(tree_id, found)
        return found

    def root(self, commit: str) -> str:
        """Id of the top tree of *commit*."""
        found = self._objects.read(commit, "commit")
        if found is None:
            raise SourceError(f"there is no commit {commit}")
        return found.content.split(b"\n", 1)[0].removeprefix(b"tree ").decode("ascii")

    def module_root(self, path: str, commit: str) -> str | None:
        """Id of the top tree of the submodule at *path*; ``None`` when it is not here."""
        self._note_module(path)
        found = self._objects.read(commit, "commit")
        return self.root(commit) if found else None

    def locate(self, commit: str, path: str, *, enter: bool = True) -> TreeEntry | None:
        """
        Where *path* leads, links inside the tree followed; never itself a link.

        Args:
            enter: Follow it into submodules, whose top is a folder; else it ends at the first.

        Raises:
            SourceError: A link leads out of the tree, or there are too many in a row, or through a
                submodule that is not on this machine.
        """
        names: list[str] = []
        nodes = [Node(mode=FOLDER, object_id=self.root(commit))]
        pending = list(reversed(path_parts(path)))
        links = 0
        while pending:
            name = pending.pop()
            if name == "..":
                if not names:
                    raise SourceError(f"{path} in {commit[:12]} is a link out of the repository")
                names.pop()
                nodes.pop()
                continue
            node = self.nodes(nodes[-1].object_id).get(name) if nodes[-1].mode == FOLDER else None
            if node is None:
                return None
            if node.mode == LINK:
                links += 1
                pending.extend(self._link_parts(commit, path, node, links))
            else:
                names.append(name)
                if node.mode == SUBMODULE:
                    here = "/".join(names)
                    if not enter:
                        return TreeEntry(path=here, mode=SUBMODULE, object_id=node.object_id)
                    root = self.module_root(here, node.object_id)
                    if root is None:
                        raise missing_module(here, node.object_id)
                    node = Node(mode=FOLDER, object_id=root)
                nodes.append(node)
        return TreeEntry(path="/".join(names), mode=nodes[-1].mode, object_id=nodes[-1].object_id)

    def files_above(self, commit: str, path: str, name: str) -> dict[str, bytes]:
        """
        Content of the files *name* in the folders on the way to *path*, by folder.

        Of the repository that *path* is in: on the way into a submodule those before are dropped.
        """
        found: dict[str, bytes] = {}
        here, tree_id = "", self.root(commit)
        for part in (*path_parts(path)[:-1], None):
            nodes = self.nodes(tree_id)
            node = nodes.get(name)
            if node and node.mode.startswith("100"):
                found[here] = self._objects.need(node.object_id, "blob")
            below = nodes.get(part) if part else None
            if part is None or below is None:
                break
            here = f"{here}/{part}" if here else part
            tree_id = below.object_id
            if below.mode == SUBMODULE:
                found.clear()
                tree_id = self.root(below.object_id)
        return found

    def _link_parts(self, commit: str, path: str, link: Node, links: int) -> list[str]:
        target = os.fsdecode(self._objects.need(link.object_id, "blob"))
        if links > LINKS_MAX:
            raise SourceError(f"{path} in {commit[:12]} leads through more than {LINKS_MAX} links")
        if target.startswith("/") or "\0" in target or not target:
            raise SourceError(f"{path} in {commit[:12]} is a link out of the repository")
        return [part for part in reversed(target.split("/")) if part not in {"", "."}]

    def walk(self, tree_id: str, prefix: str, *, enter: bool = True) -> list[TreeEntry]:
        """
        All files and links below one tree, in no particular order.

        Submodules too where they are not on this machine, or *enter* is false; others are folders.
        """
        found: list[TreeEntry] = []
        pending = [(prefix, tree_id)]
        visited = 0
        while pending:
            here, folder_id = pending.pop()
            for name, node in self.nodes(folder_id).items():
                visited += 1
                if visited > ENTRIES_MAX:
                    raise SourceError(
                        f"there are more than {ENTRIES_MAX:,} files below {prefix or 'the top'}"
                    )
                path = f"{here}/{name}" if here else name
                into = enter and node.mode == SUBMODULE
                root = self.module_root(path, node.object_id) if into else None
                if root:
                    pending.append((path, root))
                elif node.mode == FOLDER:
                    pending.append((path, node.object_id))
                else:
                    found.append(TreeEntry(path=path, mode=node.mode, object_id=node.object_id))
        return found


def refuse_missing(entries: Iterable[TreeEntry]) -> None:
    """`SourceError` when a submodule is among *entries*, which was to be entered."""
    for entry in entries:
        if entry.mode == SUBMODULE:
            raise missing_module(entry.path, entry.object_id)


def missing_module(path: str, commit: str) -> SourceError:
    """The refusal of what contains the submodule at *path*, whose *commit* is not here."""
    return SourceError(
        f"{path} is a submodule, and its commit {commit[:12]} is not on this machine",
        remedy=f"git submodule update --init --recursive -- {shlex.quote(path)}",
    )

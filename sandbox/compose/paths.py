"""Where paths lead: from the folder of their file, and inside the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.compose.canonical.mounts import is_drive
from sandbox.compose.canonical.shape import EACH, Shape, applied, replaced, scalar
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import MapNode, Node, Scalar, mapping, text
from sandbox.compose.source import REPOSITORY, inside

_ELSEWHERE = ("service:", "github.com/", "git@")


def resolved(tree: MapNode, base: str, home: str = "") -> MapNode:
    """
    Make the paths in the canonical *tree* absolute; twice is as good as once.

    Args:
        tree: Long forms; what is not of the right shape stays.
        base: Absolute folder from which relative paths are meant.
        home: What ``~`` stands for; empty: it stays.
    """
    return _led(tree, _Resolver(lead=partial(joined, base=base, home=home), empty=base))


def from_top(tree: MapNode) -> MapNode:
    """
    Make the paths of a commit in the resolved *tree* those that a file at its top would have.
    """
    return _led(tree, _Resolver(lead=_from_top, empty=""))


def joined(path: str, base: str, home: str = "") -> str:
    """
    Resolve *path* from the absolute folder *base*; an empty or absolute one stays as it is.

    A base such as ``//repository/folder`` is inside a tree of its own: paths below that tree's root
    stay too, while any other path with two leading slashes is one of the host.
    """
    if path.startswith("~") and home:
        path = posixpath.normpath(posixpath.join(home, path[1:].lstrip("/")))
    if not path:
        return path
    if path.startswith("//") and base.startswith("//"):
        root = f"//{base.lstrip('/').partition('/')[0]}"
        inside = path == root or path.startswith(f"{root}/")
        return path if inside else f"/{path.lstrip('/')}"
    if path.startswith("/"):
        return path
    return posixpath.normpath(posixpath.join(base, path))


def _from_top(path: str) -> str:
    found = inside(path) if path.startswith(REPOSITORY) else None
    return path if found is None else f"./{found}".removesuffix("/.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolver:
    """
    One rule for each kind of path.

    Attributes:
        lead: Says where a path leads.
        empty: Where an empty path of the host leads.
    """

    lead: Callable[[str], str]
    empty: str

    def path(self, node: Node, _place: Place) -> Node:
        return _changed(node, self.lead(text(node)))

    def context(self, node: Node, place: Place) -> Node:
        """Resolve a folder, unless it is the address of a build context."""
        return node if _is_elsewhere(text(node)) else self.path(node, place)

    def host_path(self, node: Node, place: Place) -> Node:
        """Resolve a path that may be one of Windows; an empty one is the folder."""
        if isinstance(node, Scalar) and node.value == "":
            return scalar(self.empty, node)
        return node if _is_windows(text(node)) else self.path(node, place)

    def agent(self, node: Node, _place: Place) -> Node:
        name, equals, socket = text(node).partition("=")
        return _changed(node, f"{name}={self.lead(socket)}") if equals else node

    def mount(self, node: Node, place: Place) -> Node:
        source = mapping(node).get("source")
        if text(mapping(node).get("type")) != "bind" or not isinstance(source, Scalar):
            return node
        return replaced(mapping(node), {"source": self.host_path(source, place)})

    def volume(self, node: Node, place: Place) -> Node:
        """Resolve the folder of a volume that binds one, and says so as Compose wants it."""
        options = mapping(mapping(node).get("driver_opts"))
        where = options.get("device")
        if text(mapping(node).get("driver")) != "local" or text(options.get("o")) != "bind":
            return node
        if not isinstance(where, Scalar):
            return node
        bound = replaced(options, {"device": self.host_path(where, place)})
        return replaced(mapping(node), {"driver_opts": bound})


def _led(tree: MapNode, resolver: _Resolver) -> MapNode:
    return mapping(applied(tree, _shape(resolver), Place(findings=Findings(""), path=())))


def _shape(resolver: _Resolver) -> Shape:
    """Say where paths are, and of which kind."""
    service: Shape = {
        "build": {
            "additional_contexts": {EACH: resolver.context},
            "context": resolver.context,
            "ssh": {EACH: resolver.agent},
        },
        "develop": {"watch": {EACH: {"path": resolver.path}}},
        "env_file": {EACH: {"path": resolver.path}},
        "extends": {"file": resolver.path},
        "label_file": {EACH: resolver.path},
        "volumes": {EACH: resolver.mount},
    }
    return {
        "configs": {EACH: {"file": resolver.host_path}},
        "secrets": {EACH: {"file": resolver.host_path}},
        "services": {EACH: service},
        "volumes": {EACH: resolver.volume},
    }


def _changed(node: Node, path: str) -> Node:
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or node.value == path:
        return node
    return scalar(path, node)


def _is_elsewhere(path: str) -> bool:
    """Is *path* the address of a build context rather than a folder?"""
    return "://" in path or path.startswith(_ELSEWHERE)


def _is_windows(path: str) -> bool:
    return path.startswith("\\\\") or (is_drive(path[:2]) and path[2:3] in {"/", "\\"})

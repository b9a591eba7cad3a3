"""Inheritance between services of one file or of several."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.interpolate import interpolate
from sandbox.compose.known import suggestion
from sandbox.compose.merge import merge_service
from sandbox.compose.node import MapNode, Mark, Node, mapping, text
from sandbox.compose.paths import resolve_path
from sandbox.compose.source import CommittedSource
from sandbox.compose.template import Variables

_CHAIN_MAX = 32


class Files:
    """The files of one load: each is read and parsed once, and interpolated once for each pass."""

    def __init__(self, source: CommittedSource) -> None:
        self._source = source
        self._parsed: dict[str, tuple[MapNode | None, Findings]] = {}

    def parsed(self, file: str, findings: Findings) -> MapNode | None:
        """Give the tree of *file*, which exists; its problems go to *findings*."""
        if file not in self._parsed:
            content = self._source.read_file(file)
            own = Findings(file)
            tree = None if content is None else parse(content, file, own)
            if content is None:
                own.problem(Mark(file=file), (), "there is no such file in the commit")
            self._parsed[file] = (tree, own)
        tree, own = self._parsed[file]
        findings.include(own)
        return tree

    def exists(self, file: str) -> bool:
        """Is *file* in the commit?"""
        return file in self._parsed or self._source.read_file(file) is not None


class Inheritance:
    """Resolves ``extends``; one instance for one pass."""

    def __init__(self, files: Files, variables: Variables, findings: Findings) -> None:
        self._files = files
        self._variables = variables
        self._findings = findings
        self._trees: dict[str, MapNode | None] = {}
        self._resolved: dict[tuple[str, str], Node] = {}

    def tree(self, file: str) -> MapNode | None:
        """Give *file* with its variables replaced; ``None`` when it cannot be read."""
        if file not in self._trees:
            tree = self._files.parsed(file, self._findings)
            if tree is not None:
                tree = interpolate(tree, self._variables, self._findings)
            self._trees[file] = tree
        return self._trees[file]

    def services(self, tree: MapNode, file: str) -> MapNode:
        """Give the services of *tree* with all that they inherit."""
        declared = mapping(tree.get("services"))
        values: dict[str, Node] = {
            name: self._service(file, name, node, ()) for name, node in declared.values.items()
        }
        return MapNode(values=values, key_marks=declared.key_marks, mark=declared.mark)

    def _service(self, file: str, name: str, node: Node, chain: tuple[Mark, ...]) -> Node:
        if not isinstance(node, MapNode) or "extends" not in node.values:
            return node
        key = (file, name)
        if key not in self._resolved:
            self._resolved[key] = self._inherit(file, name, node, chain)
        return self._resolved[key]

    def _inherit(self, file: str, name: str, node: MapNode, chain: tuple[Mark, ...]) -> Node:
        """Lay the service over what it extends."""
        own = _without(node, "extends")
        place = Place(findings=self._findings, path=("services", name, "extends"))
        mark = key_mark(node, "extends")
        found = self._base(file, node.values["extends"], place, mark)
        if found is None:
            self._findings.spoil(place.path)
            return own
        base_file, base_name, base = found
        if len(chain) > _CHAIN_MAX:
            place.problem(mark, f"`extends` goes through more than {_CHAIN_MAX} services")
            return own
        if mark in chain:
            places = " -> ".join(step.text for step in (*chain[chain.index(mark) :], mark))
            place.problem(mark, f"`extends` leads back to itself: {places}")
            return own
        chain = (*chain, mark)
        if base_file != file:
            steps = ", ".join(step.text for step in reversed(chain))
            self._findings.extended(base_file, name, f"extended by {steps}")
        merged = self._service(base_file, base_name, base, chain)
        if self._findings.is_spoiled(("services", base_name)):
            self._findings.spoil(place.path)
        return merge_service(merged, own) if isinstance(merged, MapNode) else own

    def _base(
        self, file: str, extends: Node, place: Place, mark: Mark
    ) -> tuple[str, str, Node] | None:
        """Find what is extended: file, name, node."""
        if isinstance(extends, MapNode) and not _is_well_formed(extends, place):
            return None
        base_name = text(extends) or text(mapping(extends).get("service"))
        if not base_name:
            place.problem(extends, "`extends` names no service", "write the name of a service")
            return None
        base_file = self._base_file(file, mapping(extends).get("file"), place)
        tree = self.tree(base_file) if base_file else None
        if base_file is None or tree is None:
            return None
        services: Mapping[str, Node] = mapping(tree.get("services")).values
        if base_name in services:
            return base_file, base_name, services[base_name]
        where = "" if base_file == file else f" in {base_file}"
        place.problem(
            mark,
            f"there is no service {base_name!r}{where}{suggestion(base_name, services)}",
        )
        return None

    def _base_file(self, file: str, node: Node | None, place: Place) -> str | None:
        if node is None:
            return file
        path = resolve_path(text(node), posixpath.dirname(file), node, place.at("file"))
        if path is None:
            return None
        if not self._files.exists(path):
            place.at("file").problem(
                node, f"there is no file {path} in the commit", "commit it, or correct the path"
            )
            return None
        self._findings.extended(path, "", f"extended by {node.mark.text}")
        return path


def _is_well_formed(extends: MapNode, place: Place) -> bool:
    unknown = [key for key in extends.values if key not in {"service", "file"}]
    for key in unknown:
        place.at(key).problem(
            extends.key_marks[key], f"`extends` takes `service` and `file`, not `{key}`"
        )
    return not unknown


def _without(node: MapNode, key: str) -> MapNode:
    values = {name: value for name, value in node.values.items() if name != key}
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

"""Inheritance between services of one file or of several."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.interpolate import interpolate
from sandbox.compose.known import suggestion
from sandbox.compose.merge import merge_service
from sandbox.compose.node import MapNode, Mark, Node, mapping, text
from sandbox.compose.paths import resolve_path
from sandbox.compose.source import CommittedSource
from sandbox.compose.template import Variables

CHAIN_MAX = 32


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Where resolving is at: a service, the one it began with, and the `extends` in between."""

    file: str
    name: str
    root: str
    chain: tuple[Mark, ...] = ()


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
            name: self._service(_Step(file=file, name=name, root=name), node)
            for name, node in declared.values.items()
        }
        return MapNode(values=values, key_marks=declared.key_marks, mark=declared.mark)

    def _service(self, step: _Step, node: Node) -> Node:
        if not isinstance(node, MapNode) or "extends" not in node.values:
            return node
        key = (step.file, step.name)
        if key not in self._resolved:
            self._resolved[key] = self._inherit(step, node)
        return self._resolved[key]

    def _inherit(self, step: _Step, node: MapNode) -> Node:
        """Lay the service over what it extends."""
        own = _without(node, "extends")
        place = Place(findings=self._findings, path=("services", step.name, "extends"))
        mark = key_mark(node, "extends")
        if mark in step.chain:
            loop = (*step.chain[step.chain.index(mark) :], mark)
            places = " -> ".join(one.text for one in loop)
            place.problem(mark, f"`extends` leads back to itself: {places}")
            return own
        if len(step.chain) >= CHAIN_MAX:
            place.problem(mark, f"`extends` goes through more than {CHAIN_MAX} services")
            return own
        found = self._base(replace(step, chain=(*step.chain, mark)), node, place)
        if found is None:
            self._findings.spoil(place.path)
            return own
        base_step, base = found
        merged = self._service(base_step, base)
        if self._findings.is_spoiled(("services", base_step.name)):
            self._findings.spoil(place.path)
        return merge_service(merged, own) if isinstance(merged, MapNode) else own

    def _base(self, step: _Step, node: MapNode, place: Place) -> tuple[_Step, Node] | None:
        """Find what *node* extends."""
        extends = node.values["extends"]
        if isinstance(extends, MapNode) and not _is_well_formed(extends, place):
            return None
        name = text(extends) or text(mapping(extends).get("service"))
        if not name:
            place.problem(extends, "`extends` names no service", "write the name of a service")
            return None
        file = self._base_file(step, mapping(extends).get("file"), place)
        tree = self.tree(file) if file else None
        if file is None or tree is None:
            return None
        services: Mapping[str, Node] = mapping(tree.get("services")).values
        if name in services:
            return replace(step, file=file, name=name), services[name]
        where = "" if file == step.file else f" in {file}"
        place.problem(
            key_mark(node, "extends"),
            f"there is no service {name!r}{where}{suggestion(name, services)}",
        )
        return None

    def _base_file(self, step: _Step, node: Node | None, place: Place) -> str | None:
        if node is None:
            return step.file
        place = place.at("file")
        path = resolve_path(text(node), posixpath.dirname(step.file), node, place)
        if path is None:
            return None
        if not self._files.exists(path):
            place.problem(
                node, f"there is no file {path} in the commit", "commit it, or correct the path"
            )
            return None
        if path != step.file:
            steps = ", ".join(mark.text for mark in reversed(step.chain))
            self._findings.extended(path, step.root, f"extended by {steps}")
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

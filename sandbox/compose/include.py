"""Projects that a file includes: each is read in surroundings of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.compose.environment import read_env_files
from sandbox.compose.files import Files
from sandbox.compose.findings import ENV_FILE, Findings, Place, key_mark
from sandbox.compose.node import (
    EMPTY,
    ListNode,
    MapNode,
    Node,
    Scalar,
    is_null,
    mapping,
    numbered,
    plain,
    text,
)
from sandbox.compose.scope import Scope
from sandbox.compose.template import Variables

CHAIN_MAX = 32
SECTIONS = ("services", "networks", "volumes", "secrets", "configs", "models")
_KEYS = ("path", "project_directory", "env_file")
_NO_FILE = "/dev/null"

Read: TypeAlias = Callable[[Sequence[str], Scope], MapNode]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """
    Reads what `include` names.

    Attributes:
        read: Reads the files of one project, canonical and with absolute paths.
    """

    files: Files
    findings: Findings
    read: Read

    def applied(self, tree: MapNode, scope: Scope) -> MapNode:
        """Give *tree* with all that it includes, and without the key `include`."""
        include = tree.get("include")
        if include is None:
            return tree
        place = Place(findings=self.findings, path=("include",))
        if not isinstance(include, ListNode) and not is_null(include):
            place.problem(key_mark(tree, "include"), "`include` must be a list of files")
            return _without_include(tree)
        found = _without_include(tree)
        for index, item in numbered(include):
            included = self._entry(item, place.at(index), scope)
            found = self._imported(included, found)
        return found

    def _entry(self, item: Node, place: Place, scope: Scope) -> MapNode:
        """Read the project that one entry names."""
        entry = mapping(item)
        path_node = entry.get("path") if isinstance(item, MapNode) else item
        if isinstance(item, ListNode):
            place.problem(item, "a path or a mapping with `path:` is needed here, not a list")
            return EMPTY
        for key in entry.values:
            if key not in _KEYS:
                place.at(key).warn(entry.key_marks[key], f"`include` does not know `{key}`")
        if len(scope.chain) >= CHAIN_MAX:
            place.problem(item, f"`include` goes through more than {CHAIN_MAX} files")
            return EMPTY
        paths = self._paths(path_node, item, place, scope)
        if not paths:
            return EMPTY
        base = self._base(entry.get("project_directory"), paths[0], place, scope)
        if base is None:
            return EMPTY
        inner = Scope(
            base=base,
            variables=self._variables(entry.get("env_file"), base, place, scope),
            chain=(*scope.chain, item.mark),
            files=scope.files,
        )
        return self.read(paths, inner)

    def _paths(
        self, node: Node | None, item: Node, place: Place, scope: Scope
    ) -> tuple[str, ...] | None:
        """Give the absolute paths of an entry; ``None`` after a problem."""
        if node is None or is_null(node) or (isinstance(node, ListNode) and not node.items):
            place.warn(item, "names no file, so nothing is included")
            return None
        found: list[str] = []
        for _, one in numbered(node):
            if not isinstance(one, Scalar):
                place.problem(one, "a path is needed here")
                return None
            path = self.files.locate(text(one), scope.base, one, place)
            if path is None or not self._is_readable(path, one, place, scope):
                return None
            found.append(path)
        return tuple(found)

    def _is_readable(self, path: str, where: Node, place: Place, scope: Scope) -> bool:
        shown = self.files.shown(path)
        if path in scope.files:
            loop = [*scope.files[scope.files.index(path) :], path]
            places = " -> ".join(self.files.shown(each) for each in loop)
            place.problem(where, f"`include` leads back to itself: {places}")
            return False
        if self.files.content(path) is None:
            self.files.report_missing(path, where, place)
            return False
        steps = ", ".join(mark.text for mark in reversed((*scope.chain, where.mark)))
        self.findings.extended(shown, "", f"included by {steps}")
        return True

    def _base(self, node: Node | None, path: str, place: Place, scope: Scope) -> str | None:
        if not text(node):
            return posixpath.dirname(path)
        assert node is not None, "it has a text"
        written = text(node)
        if posixpath.normpath(posixpath.join(scope.base, written)) == scope.base:
            return scope.base
        return self.files.locate(written, scope.base, node, place.at("project_directory"))

    def _variables(self, node: Node | None, base: str, place: Place, scope: Scope) -> Variables:
        """Let the included project's own env files add to what its parent knows."""
        place = place.at("env_file")
        if node is None or is_null(node) or (isinstance(node, ListNode) and not node.items):
            default = posixpath.join(base, ENV_FILE)
            paths = [default] if self.files.content(default) is not None else []
        else:
            paths = list[str]()
            for _, one in numbered(node):
                if text(one) == _NO_FILE:
                    continue
                path = self.files.locate(text(one), scope.base, one, place)
                if path is not None and self.files.content(path) is None:
                    self.files.report_missing(path, one, place)
                elif path is not None:
                    paths.append(path)
        return read_env_files(paths, self.files, self.findings, scope.variables)

    def _imported(self, included: MapNode, tree: MapNode) -> MapNode:
        """Add what was included; the same name may only stand for the same thing."""
        for section in SECTIONS:
            source = included.get(section)
            if not isinstance(source, MapNode):
                continue
            target = mapping(tree.get(section))
            for name in source.values.keys() & target.values.keys():
                if plain(source.values[name]) != plain(target.values[name]):
                    self._report_conflict(section, name, source, target)
            merged = MapNode(
                values={**source.values, **target.values},
                key_marks={**source.key_marks, **target.key_marks},
                mark=target.mark if target.values else source.mark,
            )
            tree = MapNode(
                values={**tree.values, section: merged},
                key_marks={section: source.mark, **tree.key_marks},
                mark=tree.mark,
            )
        return tree

    def _report_conflict(self, section: str, name: str, source: MapNode, target: MapNode) -> None:
        other = key_mark(source, name).text
        self.findings.problem(
            key_mark(target, name),
            (section, name),
            f"{name!r} is already defined at {other}, which is included, and differs",
            "rename one of them, or change it in a file given after this one",
        )


def _without_include(tree: MapNode) -> MapNode:
    values = {key: value for key, value in tree.values.items() if key != "include"}
    return MapNode(values=values, key_marks=tree.key_marks, mark=tree.mark)

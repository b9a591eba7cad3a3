"""``env_file``, ``label_file`` and names without a value: what services take from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.compose.environment import read_env_file
from sandbox.compose.files import Files
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import (
    MapNode,
    Mark,
    Node,
    Scalar,
    flag,
    is_null,
    mapping,
    numbered,
    text,
)
from sandbox.compose.template import Variables

_RAW = "raw"
_LETTERS = 100
"""So many letters of a file are as much work as one value."""


def with_inherited_values(tree: MapNode, variables: Variables) -> MapNode:
    """Give names without a value in ``environment`` and ``build.args`` that of the variable."""
    services = mapping(tree.get("services"))
    values = {
        name: _service(node, variables) if isinstance(node, MapNode) else node
        for name, node in services.values.items()
    }
    return (
        _with(
            tree,
            "services",
            MapNode(values=values, key_marks=services.key_marks, mark=services.mark),
        )
        if values
        else tree
    )


def _service(node: MapNode, variables: Variables) -> MapNode:
    environment, build = node.get("environment"), node.get("build")
    if isinstance(environment, MapNode):
        node = _with(node, "environment", _filled(environment, variables))
    args = mapping(build).get("args")
    if isinstance(build, MapNode) and isinstance(args, MapNode):
        node = _with(node, "build", _with(build, "args", _filled(args, variables)))
    return node


def _filled(node: MapNode, variables: Variables) -> MapNode:
    if not any(map(is_null, node.values.values())):
        return node
    values = dict(node.values)
    for name, value in node.values.items():
        known = variables.get(name) if is_null(value) else None
        if known is not None:
            values[name] = Scalar(value=known, mark=value.mark)
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)


def with_file_values(
    tree: MapNode, variables: Variables, files: Files, findings: Findings
) -> MapNode:
    """
    Read the env files and label files of all services of the canonical *tree* into them.

    What a service says itself is stronger, also a name that has no value anywhere. The keys
    ``env_file`` and ``label_file`` are gone then.
    """
    services = tree.get("services")
    if not isinstance(services, MapNode):
        return tree
    reader = _Reader(files, findings, variables)
    values = {
        name: reader.service(node, Place(findings=findings, path=("services", name)))
        for name, node in services.values.items()
    }
    filled = MapNode(values=values, key_marks=services.key_marks, mark=services.mark)
    return _with(tree, "services", filled)


class _Reader:
    """Reads the files of services."""

    def __init__(self, files: Files, findings: Findings, variables: Variables) -> None:
        self._files = files
        self._findings = findings
        self._variables = variables

    def service(self, node: Node, place: Place) -> Node:
        if not isinstance(node, MapNode):
            return node
        for key, target in (("env_file", "environment"), ("label_file", "labels")):
            if key not in node.values:
                continue
            found: dict[str, Scalar] = {}
            for index, item in numbered(node.values[key]):
                found |= self._file(item, found, place.at(key, index), is_label=key == "label_file")
            node = _over(_without(node, key), target, found)
        return node

    def _file(
        self, item: Node, earlier: Mapping[str, Scalar], place: Place, *, is_label: bool
    ) -> dict[str, Scalar]:
        entry = mapping(item)
        path_node = entry.get("path") if isinstance(item, MapNode) else item
        if path_node is None or not text(path_node):
            return {}
        path = text(path_node)
        if not self._files.is_reachable(path, path_node, place):
            return {}
        form = text(entry.get("format"))
        if form not in {"", _RAW}:
            where = entry.values["format"]
            place.at("format").problem(where, f"must be {_RAW}, not {form!r}")
            return {}
        before = {name: text(value) for name, value in earlier.items()}
        # In Compose, the files of labels know no variables but the labels before them.
        labels = Variables(before, growth=self._variables.growth)
        outside, earlier_values = (labels, {}) if is_label else (self._variables, before)
        found = read_env_file(
            path,
            self._files,
            self._findings,
            outside,
            earlier=earlier_values,
            raw=form == _RAW,
            sees_variables=not is_label,
        )
        shown = self._files.shown(path)
        if found is not None:
            work = len(found.values) + len(self._files.content(path) or b"") // _LETTERS
            self._files.count(work, path_node.mark, self._findings)
            return {
                name: Scalar(value=value, mark=Mark(file=shown, line=found.lines.get(name, 0)))
                for name, value in found.values.items()
            }
        if flag(entry.get("required"), default=True):
            or_else = "" if is_label else ", or write `required: false`"
            self._files.report_missing(path, path_node, place, or_else)
        else:
            message = f"there is no file {shown}{self._files.place}; it is optional and left out"
            place.warn(path_node, message)
        return {}


def _over(node: MapNode, key: str, found: Mapping[str, Scalar]) -> MapNode:
    """Lay what *node* says at *key* over what was *found* in files."""
    own = mapping(node.get(key))
    if not found:
        return node
    merged = MapNode(
        values={**found, **own.values},
        key_marks={**{name: value.mark for name, value in found.items()}, **own.key_marks},
        mark=own.mark if own.values else next(iter(found.values())).mark,
    )
    return _with(node, key, merged)


def _with(node: MapNode, key: str, value: Node) -> MapNode:
    return MapNode(
        values={**node.values, key: value},
        key_marks={key: value.mark, **node.key_marks},
        mark=node.mark,
    )


def _without(node: MapNode, key: str) -> MapNode:
    values = {name: value for name, value in node.values.items() if name != key}
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

"""Variables in the values of a tree, and the types that some values then have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Node, Path, Scalar, Value
from sandbox.compose.template import Variables, substitute

Cast: TypeAlias = Callable[[str], "Value"]
Casts: TypeAlias = "Mapping[str, Cast | Casts]"

_TRUE = frozenset({"true", "yes", "y", "on"})
_FALSE = frozenset({"false", "no", "n", "off"})


def _to_int(text: str) -> Value:
    """Read a whole number; leave anything else for the schema to refuse."""
    digits = text.removeprefix("-").removeprefix("+")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else text  # noqa: PLR2004 - 64 bits


def _to_bool(text: str) -> Value:
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else text


# Compose gives these values a type after interpolation, quoted or not. "*" is any key or index.
_CASTS: Casts = {
    "services": {
        "*": {
            "init": _to_bool,
            "read_only": _to_bool,
            "scale": _to_int,
            "pids_limit": _to_int,
            "healthcheck": {"disable": _to_bool, "retries": _to_int},
            "depends_on": {"*": {"required": _to_bool, "restart": _to_bool}},
            "deploy": {"replicas": _to_int, "resources": {"limits": {"pids": _to_int}}},
            "env_file": {"*": {"required": _to_bool}},
            "ports": {"*": {"target": _to_int}},
            "ulimits": {"*": _to_int},
            "volumes": {
                "*": {
                    "read_only": _to_bool,
                    "volume": {"nocopy": _to_bool},
                    "bind": {"create_host_path": _to_bool},
                }
            },
        }
    },
    "networks": {"*": {"external": _to_bool, "internal": _to_bool}},
    "volumes": {"*": {"external": _to_bool}},
    "x-sandbox": {
        "sync": dict.fromkeys(("auto", "self_heal", "prune", "allow_empty"), _to_bool),
        "rollout": {"rollback": _to_bool},
    },
}
_LIMIT_CASTS: Casts = {"soft": _to_int, "hard": _to_int}


def interpolate(tree: MapNode, variables: Variables, findings: Findings) -> MapNode:
    """
    Replace variables in all values of *tree*, never in keys.

    A variable that is not set reads as empty and is warned of; a value that cannot be read is a
    problem and stays as it was written.
    """
    return _Walk(variables, findings).mapping(tree, (), _CASTS)


class _Walk:
    """One walk over one tree."""

    def __init__(self, variables: Variables, findings: Findings) -> None:
        self._variables = variables
        self._findings = findings

    def node(self, node: Node, path: Path, casts: Cast | Casts | None) -> Node:
        if isinstance(node, Scalar):
            if not isinstance(node.value, str):
                return node
            return self._scalar(node, node.value, path, casts if callable(casts) else None)
        if casts is _to_int:  # only a ulimit is either a number or a mapping of numbers
            casts = _LIMIT_CASTS
        branch = None if callable(casts) else casts
        if isinstance(node, MapNode):
            return self.mapping(node, path, branch)
        below = branch.get("*") if branch else None
        items = tuple(self.node(item, (*path, i), below) for i, item in enumerate(node.items))
        return ListNode(items=items, mark=node.mark)

    def mapping(self, node: MapNode, path: Path, casts: Casts | None) -> MapNode:
        values = {
            key: self.node(
                value, (*path, key), (casts.get(key) or casts.get("*")) if casts else None
            )
            for key, value in node.values.items()
        }
        return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

    def _scalar(self, node: Scalar, text: str, path: Path, cast: Cast | None) -> Scalar:
        if "$" in text:
            substitution = substitute(text, self._variables)
            for name in substitution.unset:
                self._findings.warn(node.mark, f"the variable {name} is not set; it reads as empty")
            if substitution.fault:
                self._findings.problem(node.mark, path, substitution.fault)
                self._findings.close(node.mark)
                return node
            text = substitution.text
        elif cast is None:
            return node
        return Scalar(value=cast(text) if cast else text, mark=node.mark)

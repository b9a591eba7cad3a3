"""Variables in the values of a tree, and the types that some values then have."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Path, Scalar, Value
from sandbox.compose.template import Substitution, Variables, substitute, unset_text

_SHOWN_MAX = 60

Cast: TypeAlias = Callable[[str], "Value"]
Casts: TypeAlias = "Mapping[str, Cast | Casts]"

_TRUE = frozenset({"true", "yes", "y", "on"})
_FALSE = frozenset({"false", "no", "n", "off"})
_DIGITS_MAX = 20  # of 64 bits, with a sign


class _CastError(ValueError):
    """The text is not of the type; carries what would be."""


def _to_int(text: str) -> Value:
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < _DIGITS_MAX):
        raise _CastError("a whole number")
    return int(text)


def _to_float(text: str) -> Value:
    try:
        if len(text) > _DIGITS_MAX or "_" in text or text != text.strip():
            raise _CastError("a number")
        return float(text)
    except ValueError as error:
        raise _CastError("a number") from error


def _to_bool(text: str) -> Value:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise _CastError("true or false")
    return word in _TRUE


_UPDATE: Casts = {"parallelism": _to_int, "max_failure_ratio": _to_float}
_EXTERNAL: Casts = {"*": {"external": _to_bool}}

# Compose gives these values a type after interpolation, quoted or not. "*" is any key or index.
_CASTS: Casts = {
    "services": {
        "*": {
            **dict.fromkeys(
                ("init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty"),
                _to_bool,
            ),
            **dict.fromkeys(
                ("cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime"),
                _to_int,
            ),
            **dict.fromkeys(("cpu_shares", "oom_score_adj", "pids_limit", "scale"), _to_int),
            **dict.fromkeys(("cpu_percent", "cpus"), _to_float),
            "healthcheck": {"disable": _to_bool, "retries": _to_int},
            "deploy": {
                "replicas": _to_int,
                "placement": {"max_replicas_per_node": _to_int},
                "restart_policy": {"max_attempts": _to_int},
                "update_config": _UPDATE,
                "rollback_config": _UPDATE,
            },
            "env_file": {"*": {"required": _to_bool}},
            "ports": {"*": {"target": _to_int}},
            "ulimits": {"*": _to_int},
            "x-sandbox": {
                "rollout": {
                    "steps": {"*": {"weight": _to_int}},
                    "analysis": {"max_p95_ms": _to_float, "min_requests": _to_int},
                }
            },
            "volumes": {
                "*": {
                    "read_only": _to_bool,
                    "volume": {"nocopy": _to_bool},
                    "bind": {"create_host_path": _to_bool},
                }
            },
        }
    },
    "networks": {
        "*": dict.fromkeys(
            ("external", "internal", "attachable", "enable_ipv4", "enable_ipv6"), _to_bool
        )
    },
    "volumes": _EXTERNAL,
    "secrets": _EXTERNAL,
    "configs": _EXTERNAL,
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
    problem and stays as it was written. What holds no variable stays the node that it is.
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
        same = all(map(operator.is_, items, node.items))
        return node if same else ListNode(items=items, mark=node.mark)

    def mapping(self, node: MapNode, path: Path, casts: Casts | None) -> MapNode:
        values: dict[str, Node] = {}
        same = True
        for key, value in node.values.items():
            below = (casts.get(key) or casts.get("*")) if casts else None
            values[key] = self.node(value, (*path, key), below)
            same = same and values[key] is value
        return node if same else MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

    def _scalar(self, node: Scalar, text: str, path: Path, cast: Cast | None) -> Scalar:
        if "$" in text:
            substitution = substitute(text, self._variables)
            for name in substitution.unset:
                self._findings.warn(node.mark, unset_text(name, self._findings.env_file))
            self._note_origin(node.mark, substitution)
            if substitution.fault:
                self._findings.problem(node.mark, path, substitution.fault)
                self._findings.close(node.mark)
                return node
            text = substitution.text
        elif cast is None:
            return node
        return Scalar(value=self._cast(text, node, path, cast), mark=node.mark)

    def _note_origin(self, mark: Mark, substitution: Substitution) -> None:
        """Remember what the text at *mark* is made of, for messages about it."""
        origins = {name: self._variables.origin(name) for name in substitution.used}
        known = {name: origin for name, origin in origins.items() if origin is not None}
        unset = [*substitution.unset, *(each for one in known.values() for each in one.unset)]
        variables = tuple(f"{name} ({origin.place})" for name, origin in known.items())
        self._findings.substituted(mark, variables, tuple(dict.fromkeys(unset)))

    def _cast(self, text: str, node: Scalar, path: Path, cast: Cast | None) -> Value:
        try:
            return cast(text) if cast else text
        except _CastError as error:
            got = repr(text) if len(text) <= _SHOWN_MAX else "a longer text"
            self._findings.problem(node.mark, path, f"must be {error}, not {got}")
            self._findings.close(node.mark)
            return text

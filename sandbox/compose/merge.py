"""
One tree laid over another, by the rules of Compose.

Mappings are merged, values replaced, lists appended, and null keeps what was there, with the
exceptions that `_RULES` lists. What must be unique in a list is made so by `canonical.unique`
afterwards: the last one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sandbox.compose.findings import Findings
from sandbox.compose.node import (
    ListNode,
    MapNode,
    Mark,
    Node,
    Path,
    Scalar,
    is_null,
    items,
    mapping,
    text,
)

Rule: TypeAlias = Callable[["_Merge", Node, Node, Path], Node]
Rules: TypeAlias = "Mapping[str, Rule | Rules]"


def merge(base: MapNode, own: MapNode, findings: Findings) -> MapNode:
    """
    Lay one file over what was read before it.

    What is not of the shape that a rule expects replaces, for the schema to report; a value of one
    kind over a value of another is a problem here, since the schema would only see the latter.
    """
    return _Merge(findings).mappings(base, own, (), _RULES)


def merge_service(base: MapNode, own: MapNode, path: Path, findings: Findings) -> MapNode:
    """Lay a service over what it extends; *path* is where *own* is."""
    return _Merge(findings).mappings(base, own, path, _SERVICE)


class _Merge:
    """One merge; knows where to report."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def mappings(self, base: MapNode, own: MapNode, path: Path, rules: Rules) -> MapNode:
        if not base.values:
            return own
        values, marks = dict(base.values), dict(base.key_marks)
        for key, value in own.values.items():
            before = values.get(key)
            if before is None:
                values[key], marks[key] = value, own.key_marks[key]
                continue
            rule = rules.get(key) or rules.get("*") or {}
            values[key] = self.nodes(before, value, (*path, key), rule)
            if values[key] is not before:
                marks[key] = own.key_marks[key]
        return MapNode(values=values, key_marks=marks, mark=own.mark)

    def nodes(self, base: Node, own: Node, path: Path, rule: Rule | Rules) -> Node:
        if rule is _replace:
            return own
        if is_null(own):
            return base
        if is_null(base):
            return own
        if callable(rule):
            return rule(self, base, own, path)
        if isinstance(base, MapNode) and isinstance(own, MapNode):
            return self.mappings(base, own, path, rule)
        if isinstance(base, ListNode) and isinstance(own, ListNode):
            return ListNode(items=base.items + own.items, mark=own.mark)
        if isinstance(base, MapNode | ListNode):
            self._refuse(base, own, path)
        return own

    def _refuse(self, base: Node, own: Node, path: Path) -> None:
        message = f"{_kind(own)} cannot be laid over {_kind(base)}, which is at {base.mark.text}"
        remedy = "give both the same form, or write `!override` before this one"
        self._findings.problem(own.mark, path, message, remedy)


def _kind(node: Node) -> str:
    if isinstance(node, Scalar):
        return "a single value"
    return "a list" if isinstance(node, ListNode) else "a mapping"


def _replace(_merge: _Merge, _base: Node, own: Node, _path: Path) -> Node:
    return own


def pairs(node: Node) -> MapNode | None:
    """See ``[A=1, B]`` as a mapping, the last one wins; ``None`` for what is neither."""
    if isinstance(node, MapNode):
        return node
    values: dict[str, Node] = {}
    marks: dict[str, Mark] = {}
    for item in items(node):
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            return None
        name, equals, value = item.value.partition("=")
        values[name] = Scalar(value=value if equals else None, mark=item.mark)
        marks[name] = item.mark
    return MapNode(values=values, key_marks=marks, mark=node.mark)


def _merge_pairs(_merge: _Merge, base: Node, own: Node, _path: Path) -> Node:
    base_pairs, own_pairs = pairs(base), pairs(own)
    if base_pairs is None or own_pairs is None:
        return own
    return MapNode(
        values={**base_pairs.values, **own_pairs.values},
        key_marks={**base_pairs.key_marks, **own_pairs.key_marks},
        mark=own.mark,
    )


def _append(_merge: _Merge, base: Node, own: Node, _path: Path) -> Node:
    """Append where a single value stands for a list of itself."""
    if isinstance(base, MapNode) or isinstance(own, MapNode):
        return own
    return ListNode(items=_listed(base) + _listed(own), mark=own.mark)


def _listed(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, ListNode) else (node,)


def _append_to_list(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
    """Append a list; *base* may be a word that stands for a list, such as ``gpus: all``."""
    if isinstance(base, Scalar):
        return own
    return merge.nodes(base, own, path, {})


def named(node: Node, value: Node) -> MapNode | None:
    """See a list of names as a mapping in which each has *value*."""
    if isinstance(node, MapNode):
        return node
    if not isinstance(node, ListNode):
        return None
    marks = {text(item): item.mark for item in items(node)}
    return MapNode(values=dict.fromkeys(marks, value), key_marks=marks, mark=node.mark)


def _merge_named(make_value: Callable[[Mark], Node]) -> Rule:
    def merge_names(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
        base_map = named(base, make_value(base.mark))
        own_map = named(own, make_value(own.mark))
        if base_map is None or own_map is None:
            return own
        return merge.mappings(base_map, own_map, path, {})

    return merge_names


def started(mark: Mark) -> MapNode:
    """What a name alone in ``depends_on`` stands for."""
    condition: dict[str, Node] = {
        "condition": Scalar(value="service_started", mark=mark),
        "required": Scalar(value=True, mark=mark),
    }
    return MapNode(values=condition, key_marks=dict.fromkeys(condition, mark), mark=mark)


def _null(mark: Mark) -> Node:
    return Scalar(value=None, mark=mark)


def _merge_build(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
    base_map, own_map = _as_build(base), _as_build(own)
    if base_map is None or own_map is None:
        return own
    return merge.mappings(base_map, own_map, path, _BUILD)


def _as_build(node: Node) -> MapNode | None:
    if isinstance(node, Scalar):
        return MapNode(values={"context": node}, key_marks={"context": node.mark}, mark=node.mark)
    return node if isinstance(node, MapNode) else None


def _merge_logging(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
    """Merge the options of one driver; those of another are not for this one."""
    if isinstance(base, MapNode) and isinstance(own, MapNode):
        before, after = text(base.get("driver")), text(own.get("driver"))
        if before and after and before != after:
            return own
    return merge.nodes(base, own, path, {})


def _merge_ulimits(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
    if not isinstance(own, MapNode):
        return merge.nodes(base, own, path, {})
    return merge.nodes(base, own, path, dict.fromkeys(own.values, _replace))


def _merge_hosts(_merge: _Merge, base: Node, own: Node, _path: Path) -> Node:
    """Append without exact duplicates; one host may have several addresses."""
    before = _host_list(base)
    known = {text(item) for item in before}
    added = tuple(item for item in _host_list(own) if text(item) not in known)
    return ListNode(items=before + added, mark=own.mark)


def _host_list(node: Node) -> tuple[Node, ...]:
    if not isinstance(node, MapNode):
        return _listed(node)
    return tuple(
        Scalar(value=f"{host}={text(address)}", mark=address.mark)
        for host, addresses in node.values.items()
        for address in items(addresses)
    )


def _merge_subnets(merge: _Merge, base: Node, own: Node, path: Path) -> Node:
    """Let each subnet of *own* complete the same one of *base*; others of *base* are gone."""
    if not isinstance(base, ListNode) or not isinstance(own, ListNode):
        return merge.nodes(base, own, path, {})
    before = {text(mapping(item).get("subnet")): item for item in base.items}
    merged: list[Node] = []
    for item in own.items:
        same = before.get(text(mapping(item).get("subnet")))
        merged.append(merge.nodes(same, item, path, {}) if same is not None else item)
    return ListNode(items=tuple(merged), mark=own.mark)


_BUILD: Rules = {
    "additional_contexts": _merge_pairs,
    "args": _merge_pairs,
    "extra_hosts": _merge_hosts,
    "labels": _merge_pairs,
}
_SERVICE: Rules = {
    "annotations": _merge_pairs,
    "build": _merge_build,
    "command": _replace,
    "depends_on": _merge_named(started),
    "deploy": {"labels": _merge_pairs},
    "dns": _append,
    "dns_opt": _append,
    "dns_search": _append,
    "entrypoint": _replace,
    "env_file": _append,
    "environment": _merge_pairs,
    "extra_hosts": _merge_hosts,
    "gpus": _append_to_list,
    "healthcheck": {"test": _replace},
    "label_file": _append,
    "labels": _merge_pairs,
    "logging": _merge_logging,
    "models": _merge_named(_null),
    "networks": _merge_named(_null),
    "sysctls": _merge_pairs,
    "tmpfs": _append,
    "ulimits": _merge_ulimits,
    # Of our own; the weights of two lists, one behind the other, would not rise.
    "x-sandbox": {"rollout": {"steps": _replace}},
}
_RULES: Rules = {
    "services": {"*": _SERVICE},
    "networks": {"*": {"ipam": {"config": _merge_subnets}, "labels": _merge_pairs}},
    "volumes": {"*": {"labels": _merge_pairs}},
}

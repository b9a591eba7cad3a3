"""
One service laid over another, by the rules of Compose.

Mappings are merged, values replaced, lists appended, and null keeps what was there, with the
exceptions that `_RULES` lists. What must be unique in a list (ports, mounts, configs, secrets) is
made so where these are read: the last one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sandbox.compose.node import ListNode, MapNode, Mark, Node, Scalar, is_null, items, text

Rule: TypeAlias = Callable[[Node, Node], Node]
Rules: TypeAlias = "Mapping[str, Rule | Rules]"


def merge_service(base: MapNode, own: MapNode) -> MapNode:
    """Lay *own* over *base*; what is not of the shape that a rule expects replaces."""
    return _merge_mapping(base, own, _RULES)


def _merge_mapping(base: MapNode, own: MapNode, rules: Rules) -> MapNode:
    values, marks = dict(base.values), dict(base.key_marks)
    for key, value in own.values.items():
        if key in values:
            values[key] = _merge(values[key], value, rules.get(key, {}))
        else:
            values[key] = value
        marks[key] = own.key_marks[key]
    return MapNode(values=values, key_marks=marks, mark=own.mark)


def _merge(base: Node, own: Node, rule: Rule | Rules) -> Node:
    if callable(rule):
        return rule(base, own)
    if is_null(own):
        return base
    if isinstance(base, MapNode) and isinstance(own, MapNode):
        return _merge_mapping(base, own, rule)
    if isinstance(base, ListNode) and isinstance(own, ListNode):
        return ListNode(items=base.items + own.items, mark=own.mark)
    return own


def _replace(_base: Node, own: Node) -> Node:
    return own


def pairs(node: Node) -> MapNode | None:
    """See ``[A=1, B]`` as a mapping, the last one wins; ``None`` for what is neither."""
    if isinstance(node, MapNode):
        return node
    if not isinstance(node, ListNode):
        return None
    values: dict[str, Node] = {}
    marks: dict[str, Mark] = {}
    for item in node.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            return None
        name, equals, value = item.value.partition("=")
        values[name] = Scalar(value=value if equals else None, mark=item.mark)
        marks[name] = item.mark
    return MapNode(values=values, key_marks=marks, mark=node.mark)


def _merge_pairs(base: Node, own: Node) -> Node:
    if is_null(own):
        return base
    base_pairs, own_pairs = pairs(base), pairs(own)
    if base_pairs is None or own_pairs is None:
        return own
    return MapNode(
        values={**base_pairs.values, **own_pairs.values},
        key_marks={**base_pairs.key_marks, **own_pairs.key_marks},
        mark=own.mark,
    )


def _append(base: Node, own: Node) -> Node:
    """Append where a single value stands for a list of itself."""
    if is_null(own):
        return base
    if isinstance(base, MapNode) or isinstance(own, MapNode):
        return own
    return ListNode(items=_listed(base) + _listed(own), mark=own.mark)


def _listed(node: Node) -> tuple[Node, ...]:
    return node.items if isinstance(node, ListNode) else (node,)


def _append_new(base: Node, own: Node) -> Node:
    """Append what is not there yet."""
    if isinstance(base, ListNode) and isinstance(own, ListNode):
        known = {text(item) for item in base.items}
        added = tuple(item for item in own.items if text(item) not in known)
        return ListNode(items=base.items + added, mark=own.mark)
    return _merge(base, own, {})


def named(node: Node, value: Node) -> MapNode | None:
    """See a list of names as a mapping in which each has *value*."""
    if isinstance(node, MapNode):
        return node
    if not isinstance(node, ListNode):
        return None
    marks = {text(item): item.mark for item in items(node)}
    return MapNode(values=dict.fromkeys(marks, value), key_marks=marks, mark=node.mark)


def _merge_named(make_value: Callable[[Mark], Node]) -> Rule:
    def merge(base: Node, own: Node) -> Node:
        if is_null(own):
            return base
        base_map = named(base, make_value(base.mark))
        own_map = named(own, make_value(own.mark))
        if base_map is None or own_map is None:
            return own
        return _merge_mapping(base_map, own_map, {})

    return merge


def started(mark: Mark) -> MapNode:
    """What a name alone in ``depends_on`` stands for."""
    condition: dict[str, Node] = {
        "condition": Scalar(value="service_started", mark=mark),
        "required": Scalar(value=True, mark=mark),
    }
    return MapNode(values=condition, key_marks=dict.fromkeys(condition, mark), mark=mark)


def _null(mark: Mark) -> Node:
    return Scalar(value=None, mark=mark)


def _merge_build(base: Node, own: Node) -> Node:
    if is_null(own):
        return base
    base_map, own_map = _as_build(base), _as_build(own)
    if base_map is None or own_map is None:
        return own
    return _merge_mapping(base_map, own_map, {"args": _merge_pairs})


def _as_build(node: Node) -> MapNode | None:
    if isinstance(node, Scalar):
        return MapNode(values={"context": node}, key_marks={"context": node.mark}, mark=node.mark)
    return node if isinstance(node, MapNode) else None


def _merge_logging(base: Node, own: Node) -> Node:
    if not isinstance(base, MapNode) or not isinstance(own, MapNode):
        return base if is_null(own) else own
    before, after = text(base.get("driver")), text(own.get("driver"))
    return _merge_mapping(base, own, {}) if not after or before in {"", after} else own


def _merge_ulimits(base: Node, own: Node) -> Node:
    if not isinstance(base, MapNode) or not isinstance(own, MapNode):
        return base if is_null(own) else own
    return _merge_mapping(base, own, dict.fromkeys(own.values, _replace))


def _merge_hosts(base: Node, own: Node) -> Node:
    """Append lists without exact duplicates; merge mappings, the last address wins."""
    if isinstance(base, MapNode) and isinstance(own, ListNode):
        base = _host_list(base)
    if isinstance(base, ListNode) and isinstance(own, MapNode):
        own = _host_list(own)
    return _append_new(base, own)


def _host_list(node: MapNode) -> ListNode:
    lines = tuple(
        Scalar(value=f"{host}={text(address)}", mark=address.mark)
        for host, addresses in node.values.items()
        for address in items(addresses)
    )
    return ListNode(items=lines, mark=node.mark)


_RULES: Rules = {
    "build": _merge_build,
    "cap_add": _append_new,
    "cap_drop": _append_new,
    "command": _replace,
    "depends_on": _merge_named(started),
    "entrypoint": _replace,
    "env_file": _append,
    "environment": _merge_pairs,
    "expose": _append_new,
    "extra_hosts": _merge_hosts,
    "healthcheck": {"test": _replace},
    "labels": _merge_pairs,
    "logging": _merge_logging,
    "networks": _merge_named(_null),
    "profiles": _append_new,
    "tmpfs": _append,
    "ulimits": _merge_ulimits,
}

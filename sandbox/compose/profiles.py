"""Which services take part, and which networks, volumes and files then do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeAlias

from sandbox.compose.gate import is_gate
from sandbox.compose.node import MapNode, Node, items, mapping, text

ALL = "*"

Used: TypeAlias = Callable[[MapNode], Iterator[str]]


def split(
    tree: MapNode, active: Collection[str], *, gates: bool = False
) -> tuple[MapNode, Mapping[str, MapNode]]:
    """
    Take the services out of *tree* that have profiles, none of which is *active*.

    Args:
        tree: A normalised project.
        active: Names of profiles.
        gates: Checks stay in it whatever their profiles are.

    Returns:
        The tree, and the services that were taken out by name.
    """
    services = mapping(tree.get("services"))
    disabled = {
        name: mapping(node)
        for name, node in services.values.items()
        if not _is_enabled(mapping(node), active) and not (gates and is_gate(mapping(node)))
    }
    if not disabled:
        return tree, {}
    values = {name: node for name, node in services.values.items() if name not in disabled}
    kept = MapNode(values=values, key_marks=services.key_marks, mark=services.mark)
    return _with(tree, "services", kept), disabled


def _is_enabled(service: MapNode, active: Collection[str]) -> bool:
    profiles = {text(profile) for profile in items(service.get("profiles"))}
    # To name no profile is to name the one without a name.
    return not profiles or ALL in active or not profiles.isdisjoint(active or [""])


def without_unused(tree: MapNode) -> MapNode:
    """Drop the networks, volumes, secrets, configs and models that no service of *tree* uses."""
    services = [mapping(node) for node in mapping(tree.get("services")).values.values()]
    for section, used in _USED.items():
        declared = tree.get(section)
        if not isinstance(declared, MapNode):
            continue
        names = {name for service in services for name in used(service)}
        values = {name: node for name, node in declared.values.items() if name in names}
        if len(values) < len(declared.values):
            kept = MapNode(values=values, key_marks=declared.key_marks, mark=declared.mark)
            tree = _with(tree, section, kept) if values else _without(tree, section)
    return tree


def _networks(service: MapNode) -> Iterator[str]:
    yield from mapping(service.get("networks")).values


def _models(service: MapNode) -> Iterator[str]:
    yield from mapping(service.get("models")).values


def _volumes(service: MapNode) -> Iterator[str]:
    for mount in items(service.get("volumes")):
        if text(mapping(mount).get("type")) == "volume":
            yield text(mapping(mount).get("source"))


def _sources(key: str) -> Used:
    def used(service: MapNode) -> Iterator[str]:
        build = mapping(service.get("build")) if key == "secrets" else mapping(None)
        for one in (*items(service.get(key)), *items(build.get(key))):
            yield text(mapping(one).get("source"))

    return used


_USED: Mapping[str, Used] = {
    "networks": _networks,
    "volumes": _volumes,
    "secrets": _sources("secrets"),
    "configs": _sources("configs"),
    "models": _models,
}


def _with(node: MapNode, key: str, value: Node) -> MapNode:
    values = {**node.values, key: value}
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)


def _without(node: MapNode, key: str) -> MapNode:
    values = {name: value for name, value in node.values.items() if name != key}
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)

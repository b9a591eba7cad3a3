"""What follows from what is written: names, the default network, implied dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.compose.canonical.files import is_external
from sandbox.compose.canonical.shape import EACH, Shape, applied, record, replaced, scalar
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import (
    EMPTY,
    MapNode,
    Node,
    Value,
    is_null,
    items,
    mapping,
    text,
)

SHARED = ("network_mode", "ipc", "pid", "uts", "cgroup")
"""Attributes that may be ``service:x``: the namespace of another service."""
_SERVICE_PREFIX = "service:"
_CONTAINER_PREFIX = "container:"
_RESOURCES = ("networks", "volumes", "secrets", "configs")


def normalised(tree: MapNode, name: str) -> MapNode:
    """
    Complete the canonical *tree* of the project *name*.

    Services get their default network and the dependencies that their links and shared namespaces
    imply; resources get their names. Keys that Compose always prints are there.
    """
    services = mapping(tree.get("services"))
    done = {key: _service(value) for key, value in services.values.items()}
    tree = replaced(
        tree,
        {"services": replaced(services, dict(done)), "networks": _networks(tree, done.values())},
    )
    tree = replaced(tree, {key: _named(tree.get(key), name) for key in _RESOURCES})
    return mapping(applied(tree, _ALWAYS, Place(findings=Findings(""), path=())))


def _service(node: Node) -> Node:
    service = mapping(node)
    changes: dict[str, Node | None] = {}
    if text(service.get("pull_policy")) == "if_not_present":
        changes["pull_policy"] = scalar("missing", service.values["pull_policy"])
    if _is_on_default_network(service):
        changes["networks"] = record({"default": scalar(None, service)}, service)
    if "build" in service.values:
        changes["build"] = _build(mapping(service.get("build")))
    deploy, scale = service.get("deploy"), service.get("scale")
    if isinstance(deploy, MapNode) and scale is not None and "replicas" not in deploy.values:
        changes["deploy"] = replaced(deploy, {"replicas": scale})
    depends_on = _dependencies(service)
    if depends_on.values:
        changes["depends_on"] = depends_on
    return replaced(service, changes)


def _is_on_default_network(service: MapNode) -> bool:
    if "provider" in service.values or "network_mode" in service.values:
        return False
    return not mapping(service.get("networks")).values


def _networks(tree: MapNode, services: Iterable[Node]) -> Node | None:
    """Add the default network when a service is on it and the file does not describe it."""
    networks = tree.get("networks")
    if "default" in mapping(networks).values:
        return networks
    for service in services:
        joined = mapping(mapping(service).get("networks"))
        if "default" in joined.values:
            default = record({}, joined.values["default"])
            return replaced(mapping(networks), {"default": default})
    return networks


def _build(build: MapNode) -> MapNode:
    changes: dict[str, Node | None] = {}
    if not {"dockerfile", "dockerfile_inline"} & build.values.keys():
        changes["dockerfile"] = scalar("Dockerfile", build)
    args = build.get("args")
    if isinstance(args, MapNode):
        unknown = {key: None for key, value in args.values.items() if is_null(value)}
        changes["args"] = replaced(args, unknown)
    return replaced(build, changes)


def _dependencies(service: MapNode) -> MapNode:
    """Add what links, shared namespaces and foreign volumes wait for to what is written."""
    found = mapping(service.get("depends_on"))
    implied: dict[str, Node | None] = {}
    for name, where, restart in _implied(service):
        if name not in found.values and name not in implied:
            implied[name] = _dependency(where, restart=restart)
    return replaced(found if found is not EMPTY else record({}, service), implied)


def _implied(service: MapNode) -> Iterator[tuple[str, Node, bool]]:
    """Give the services that *service* needs, where it says so, and if it restarts with them."""
    for link in items(service.get("links")):
        name, colon, alias = text(link).partition(":")
        yield name if colon and ":" not in alias else text(link), link, True
    for key in SHARED:
        where = service.get(key)
        if where is not None and text(where).startswith(_SERVICE_PREFIX):
            yield text(where).removeprefix(_SERVICE_PREFIX), where, True
    for source in items(service.get("volumes_from")):
        if not text(source).startswith(_CONTAINER_PREFIX):
            yield text(source).partition(":")[0], source, False


def _dependency(where: Node, *, restart: bool) -> Node:
    values: dict[str, Node] = {
        "condition": scalar("service_started", where),
        "required": scalar(value=True, where=where),
    }
    if restart:
        values["restart"] = scalar(value=True, where=where)
    return record(values, where)


def _named(node: Node | None, project: str) -> Node | None:
    """Name each resource: as written, as its key if it is external, else after the project."""
    if not isinstance(node, MapNode):
        return node
    changes: dict[str, Node | None] = {}
    for key, value in node.values.items():
        resource = value if isinstance(value, MapNode) else record({}, value)
        if "name" not in resource.values:
            written = key if is_external(resource) else f"{project}_{key}"
            changes[key] = replaced(resource, {"name": scalar(written, resource)})
    return replaced(node, changes)


def _with(key: str, *default: Value) -> Shape:
    """Give a rule that puts *default*, else an empty mapping, at *key* where nothing is."""

    def rule(node: Node, _place: Place) -> Node:
        if not isinstance(node, MapNode) or key in node.values:
            return node
        return replaced(node, {key: scalar(default[0], node) if default else record({}, node)})

    return rule


_RATES = ("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops")
_ALWAYS: Shape = {
    "networks": {EACH: _with("ipam")},
    "services": {
        EACH: (
            _with("command", None),
            _with("entrypoint", None),
            {
                "blkio_config": {
                    **{key: {EACH: _with("rate", "0")} for key in _RATES},
                    "weight_device": {EACH: _with("weight", 0)},
                },
                "deploy": (_with("placement"), _with("resources")),
                "develop": {"watch": {EACH: (_with("exec"), {"exec": _with("command", None)})}},
            },
        )
    },
}

"""What a service shares with the host or with other services: namespaces, links, devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sandbox.compose.findings import Place
from sandbox.compose.given import texts, valued, word_set, words
from sandbox.compose.node import MapNode, Node, flag, integer, items, mapping, numbered, text
from sandbox.model.service import Attachment, Service
from sandbox.model.surroundings import (
    Device,
    DeviceRequest,
    Devices,
    Hook,
    Hooks,
    Namespaces,
    Resolver,
    VolumesFrom,
)

_SERVICE = "service:"
_CONTAINER = "container:"
_GPU = "gpu"


def read_namespaces(service: MapNode, place: Place) -> Namespaces:
    """Read the modes; a network that is not one of the words of the engine is named after it."""
    for key in ("uts", "userns_mode", "cgroup"):
        where = service.get(key)
        if where is not None and text(where).startswith(_SERVICE):
            place.at(key).problem(where, f"`{key}` cannot be shared with another service")
    return Namespaces(
        network=text(service.get("network_mode")),
        ipc=text(service.get("ipc")),
        pid=text(service.get("pid")),
        uts=text(service.get("uts")),
        user=text(service.get("userns_mode")),
        cgroup=text(service.get("cgroup")),
        cgroup_parent=text(service.get("cgroup_parent")),
    )


def read_volumes_from(node: Node | None, place: Place) -> tuple[VolumesFrom, ...]:
    """Read ``service``, ``service:ro`` and ``container:name:rw``, sorted."""
    found: dict[tuple[str, str], VolumesFrom] = {}
    for index, item in numbered(node):
        written = text(item)
        name, _, mode = written.removeprefix(_CONTAINER).partition(":")
        if not name or mode not in {"", "ro", "rw"}:
            place.at(index).problem(item, f"{written!r} is not service, service:ro or container:x")
            continue
        foreign = written.startswith(_CONTAINER)
        source = VolumesFrom(
            service_name="" if foreign else name,
            container_name=name if foreign else "",
            read_only=mode == "ro",
        )
        found[source.service_name, source.container_name] = source
    return tuple(source for _, source in sorted(found.items()))


def read_devices(service: MapNode) -> Devices:
    """Read ``devices``, ``gpus``, reserved devices and rules."""
    resources = mapping(mapping(service.get("deploy")).get("resources"))
    reserved = mapping(resources.get("reservations")).get("devices")
    mapped = tuple(
        Device(
            source=text(entry.get("source")),
            target=text(entry.get("target")) or text(entry.get("source")),
            permissions=text(entry.get("permissions")) or "rwm",
        )
        for entry in map(mapping, items(service.get("devices")))
    )
    gpus = tuple(_request(mapping(item), _GPU) for item in items(service.get("gpus")))
    return Devices(
        mapped=tuple(sorted(mapped, key=lambda each: (each.target, each.source))),
        requested=(*gpus, *(_request(mapping(item), "") for item in items(reserved))),
        cgroup_rules=word_set(service.get("device_cgroup_rules")),
    )


def read_hooks(service: MapNode) -> Hooks:
    """Read what is run in the container around its life."""
    return Hooks(
        post_start=_hooks(service.get("post_start")), pre_stop=_hooks(service.get("pre_stop"))
    )


def read_resolver(service: MapNode) -> Resolver:
    """Read how names are looked up."""
    return Resolver(
        servers=words(service.get("dns")),
        search=words(service.get("dns_search")),
        options=words(service.get("dns_opt")),
    )


def read_external_links(node: Node | None) -> tuple[str, ...]:
    """Read ``container`` and ``container:alias`` as the latter, sorted."""
    pairs = (written.partition(":") for written in words(node))
    return tuple(sorted({f"{name}:{alias or name}" for name, _, alias in pairs}))


def with_link_names(
    services: Mapping[str, Service], links: Mapping[str, tuple[Node, ...]], place: Place
) -> dict[str, Service]:
    """
    Give every service the names by which others link to it, on the networks that both are on.

    Args:
        services: By name.
        links: Entries of ``links``, by name of the service that has them.
        place: Of the services.
    """
    networks = {
        name: {each.network for each in service.attachments} for name, service in services.items()
    }
    aliases: dict[tuple[str, str], set[str]] = {}
    for name, entries in sorted(links.items()):
        for index, node in enumerate(entries):
            other, _, alias = text(node).partition(":")
            if other not in services or alias in {"", other}:
                continue
            shared = networks[name] & networks[other]
            if not shared:
                place.at(name, "links", index).problem(
                    node, f"{name} and {other} are on no network together, so nothing links them"
                )
            for network in shared:
                aliases.setdefault((other, network), set()).add(alias)
    return {
        name: replace(
            service,
            attachments=tuple(
                with_aliases(each, *aliases.get((name, each.network), ()))
                for each in service.attachments
            ),
        )
        for name, service in services.items()
    }


def with_aliases(attachment: Attachment, *aliases: str) -> Attachment:
    """Add names to one network of a service."""
    return replace(attachment, aliases=tuple(sorted({*attachment.aliases, *aliases})))


def _request(node: MapNode, capability: str) -> DeviceRequest:
    count, ids = integer(node.get("count")), word_set(node.get("device_ids"))
    every = -1 if text(node.get("count")) in {"all", ""} and not ids else 0
    return DeviceRequest(
        driver=text(node.get("driver")),
        count=every if count is None else count,
        device_ids=ids,
        capabilities=tuple(sorted({*words(node.get("capabilities")), capability} - {""})),
        options=texts(node.get("options")),
    )


def _hooks(node: Node | None) -> tuple[Hook, ...]:
    return tuple(
        Hook(
            command=words(entry.get("command")),
            user=text(entry.get("user")),
            privileged=flag(entry.get("privileged"), default=False),
            working_dir=text(entry.get("working_dir")),
            environment=valued(entry.get("environment")),
        )
        for entry in map(mapping, items(node))
    )

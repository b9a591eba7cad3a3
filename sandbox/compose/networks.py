"""Networks and volumes of the environment, and what a service is attached to."""

from __future__ import annotations

import ipaddress

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import labels, texts, word_set
from sandbox.compose.node import MapNode, Node, Scalar, flag, integer, items, mapping, text
from sandbox.compose.source import inside
from sandbox.compose.written import places, written_entries
from sandbox.model.desired import AddressPool, Network, Volume
from sandbox.model.service import INTERFACE_NAME, Attachment


def read_attachments(node: Node | None, place: Place) -> tuple[Attachment, ...]:
    """Read all, the main network first: the highest priority, then by name."""
    declared = mapping(node)
    found: list[Attachment] = []
    for name, value in sorted(declared.values.items()):
        settings = mapping(value)
        _check_address(settings, "ipv4_address", place.at(name))
        _check_address(settings, "ipv6_address", place.at(name))
        found.append(
            Attachment(
                network=name,
                aliases=word_set(settings.get("aliases")),
                ipv4_address=text(settings.get("ipv4_address")),
                ipv6_address=text(settings.get("ipv6_address")),
                link_local_ips=word_set(settings.get("link_local_ips")),
                mac_address=text(settings.get("mac_address")),
                driver_opts=_endpoint_options(settings),
                priority=integer(settings.get("priority")) or 0,
                gw_priority=integer(settings.get("gw_priority")) or 0,
            )
        )
    return tuple(sorted(found, key=lambda each: -each.priority))


def _endpoint_options(settings: MapNode) -> dict[str, str]:
    name = text(settings.get("interface_name"))
    named = {INTERFACE_NAME: name} if name else {}
    return {**texts(settings.get("driver_opts")), **named}


def read_networks(node: Node | None, place: Place, project: str) -> dict[str, Network]:
    """Read top-level ``networks`` of *project*; a name made of both is ours to choose."""
    declared = mapping(node)
    return {
        key: _network(key, mapping(value), place.at(key), project, key_mark(declared, key).text)
        for key, value in declared.values.items()
    }


def read_volumes(node: Node | None, place: Place, project: str) -> dict[str, Volume]:
    """Read top-level ``volumes``; names as with networks."""
    declared = mapping(node)
    return {
        key: _volume(key, mapping(value), place.at(key), project, key_mark(declared, key).text)
        for key, value in declared.values.items()
    }


def _network(key: str, node: MapNode, place: Place, project: str, where: str) -> Network:
    ipam = mapping(node.get("ipam"))
    driver = text(ipam.get("driver"))
    return Network(
        key=key,
        name=_name(key, node, project),
        external=flag(node.get("external"), default=False),
        driver=text(node.get("driver")) or "bridge",
        driver_opts=texts(node.get("driver_opts")),
        internal=flag(node.get("internal"), default=False),
        attachable=flag(node.get("attachable"), default=False),
        enable_ipv4=_flag(node.get("enable_ipv4")),
        enable_ipv6=_flag(node.get("enable_ipv6")),
        ipam_driver="" if driver == "default" else driver,
        ipam_options=texts(ipam.get("options")),
        pools=_pools(ipam.get("config"), place.at("ipam", "config")),
        labels=labels(node.get("labels"), place.at("labels")),
        place=where,
        places=places(node),
        written=written_entries(node, place.findings),
    )


def _volume(key: str, node: MapNode, place: Place, project: str, where: str) -> Volume:
    options = texts(node.get("driver_opts"))
    device = options.get("device", "")
    path = inside(device)
    if path is not None or device.startswith("."):
        place.at("driver_opts", "device").problem(
            mapping(node.get("driver_opts")).values["device"],
            f"{path or device} is a path of the commit, and a volume cannot be bound to that",
            "mount it as a file or folder of the repository: ./path:/target",
        )
    return Volume(
        key=key,
        name=_name(key, node, project),
        external=flag(node.get("external"), default=False),
        driver=text(node.get("driver")) or "local",
        driver_opts=options,
        labels=labels(node.get("labels"), place.at("labels")),
        place=where,
        places=places(node),
        written=written_entries(node, place.findings),
    )


def _name(key: str, node: MapNode, project: str) -> str:
    """Give the name that the file fixes; empty when it is the one that every key gets."""
    name = text(node.get("name"))
    if flag(node.get("external"), default=False):
        return name or key
    return "" if name == f"{project}_{key}" else name


def _flag(node: Node | None) -> bool | None:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, bool) else None


def _pools(node: Node | None, place: Place) -> tuple[AddressPool, ...]:
    found: list[AddressPool] = []
    for index, item in enumerate(items(node)):
        entry = mapping(item)
        for key in ("subnet", "ip_range"):
            where = entry.get(key)
            if where is not None and text(where) and not _is_subnet(text(where)):
                place.at(index, key).problem(
                    where, f"{text(where)!r} is not a subnet such as 10.80.0.0/24"
                )
        pool = AddressPool(
            subnet=text(entry.get("subnet")),
            ip_range=text(entry.get("ip_range")),
            gateway=text(entry.get("gateway")),
            reserved=texts(entry.get("aux_addresses")),
        )
        found += [pool] if pool != AddressPool() else []
    return tuple(found)


def _check_address(node: MapNode, key: str, place: Place) -> None:
    where, version = node.get(key), 4 if key == "ipv4_address" else 6
    if where is None or not text(where):
        return
    try:
        right = ipaddress.ip_address(text(where)).version == version
    except ValueError:
        right = False
    if not right:
        place.at(key).problem(where, f"{text(where)!r} is not an IPv{version} address")


def _is_subnet(subnet: str) -> bool:
    try:
        ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        return False
    return True

"""
What `docker inspect` says, without what names, times and places two equal containers differ by.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any

_OURS = ("com.docker.compose.", "dev.sandbox.")
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_SHORT_ID = 12
_CONFIG = [
    "AttachStderr",
    "AttachStdin",
    "AttachStdout",
    "Cmd",
    "Domainname",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Hostname",
    "Image",
    "Labels",
    "MacAddress",
    "OpenStdin",
    "StdinOnce",
    "StopSignal",
    "StopTimeout",
    "Tty",
    "User",
    "Volumes",
    "WorkingDir",
]
_SETS = frozenset(
    [
        "CapAdd",
        "CapDrop",
        "Dns",
        "DnsOptions",
        "DnsSearch",
        "Env",
        "ExtraHosts",
        "GroupAdd",
        "SecurityOpt",
        "VolumesFrom",
        "DeviceCgroupRules",
        "Ulimits",
    ]
)
_SEPARATE = frozenset({"Binds", "Mounts", "ContainerIDFile", "RestartPolicy", "PortBindings"})
_GIVEN_BY_ENGINE = frozenset(
    [
        "EndpointID",
        "Gateway",
        "GlobalIPv6Address",
        "GlobalIPv6PrefixLen",
        "IPAddress",
        "IPPrefixLen",
        "IPv6Gateway",
        "NetworkID",
        "MacAddress",
        "Links",
        "Aliases",
        "DNSNames",
    ]
)


@dataclass(frozen=True, kw_only=True)
class Side:
    """
    How one side names what it makes.

    Attributes:
        project: Prefix of its names.
        services: Name of the service by id and by name of a container.
    """

    project: str
    services: Mapping[str, str]

    def named(self, text: str) -> str:
        """Put the service for each id or name of a container, and the project for its prefix."""
        for known, service in sorted(self.services.items(), key=lambda each: -len(each[0])):
            text = text.replace(known, f"<{service}>")
        return text.replace(self.project, "<project>")


def container(inspected: Json, side: Side) -> Json:
    """Give what counts of one answer of ``GET /containers/{id}/json``."""
    config, host = inspected["Config"], inspected["HostConfig"]
    found = {key: config.get(key) for key in _CONFIG}
    found["Labels"] = _labels(config)
    found["Hostname"] = "" if inspected["Id"].startswith(config["Hostname"]) else config["Hostname"]
    found["ExposedPorts"] = sorted(config.get("ExposedPorts") or ())
    settings = {key: value for key, value in host.items() if key not in _SEPARATE}
    settings["PortBindings"] = host.get("PortBindings")
    policy = host["RestartPolicy"]
    settings["RestartPolicy"] = f"{policy['Name'] or 'no'}:{policy['MaximumRetryCount']}"
    whole = {
        "Config": found,
        "HostConfig": settings,
        "Mounts": _mounts(inspected),
        "Networks": _networks(inspected),
        "Platform": inspected["Platform"],
    }
    return plain(whole, side.named)


def network(inspected: Json, side: Side) -> Json:
    """Give what counts of one answer of ``GET /networks/{id}``."""
    kept = ("Scope", "Driver", "EnableIPv6", "Internal", "Attachable", "Ingress", "Options", "IPAM")
    return plain(
        {**{key: inspected.get(key) for key in kept}, "Labels": _labels(inspected)}, side.named
    )


def volume(inspected: Json, side: Side) -> Json:
    """Give what counts of one answer of ``GET /volumes/{name}``."""
    kept = {key: inspected.get(key) for key in ("Driver", "Options", "Scope")}
    return plain({**kept, "Labels": _labels(inspected)}, side.named)


def plain(value: Json, named: Callable[[str], str], key: str = "") -> Json:
    """Drop what says nothing (null, empty, zero, false), sort sets, and rename."""
    if isinstance(value, dict):
        pairs = {name: plain(each, named, name) for name, each in value.items()}
        kept = {named(name): each for name, each in sorted(pairs.items()) if each is not None}
        return kept or None
    if isinstance(value, list):
        items = [plain(each, named) for each in value]
        items = [{} if each is None else each for each in items]
        return (sorted(items, key=str) if key in _SETS else items) or None
    if isinstance(value, str):
        return named(value) or None
    return value or None


def _labels(holder: Json) -> dict[str, str]:
    labels = holder.get("Labels") or {}
    # An empty label is one.
    return {key: f"={text}" for key, text in labels.items() if not key.startswith(_OURS)}


def _mounts(inspected: Json) -> list[Json]:
    asked = {each["Target"]: each for each in inspected["HostConfig"].get("Mounts") or ()}
    found: list[Json] = []
    for mount in sorted(inspected["Mounts"], key=lambda each: each["Destination"]):
        name = mount.get("Name", "")
        options = asked.get(mount["Destination"], {})
        found.append(
            {
                "Destination": mount["Destination"],
                "Type": mount["Type"],
                "RW": mount["RW"],
                "Propagation": mount["Propagation"],
                "Name": "anonymous" if _ANONYMOUS.fullmatch(name) else name,
                "Source": mount["Source"] if mount["Type"] == "bind" else "",
                "NoCopy": options.get("VolumeOptions", {}).get("NoCopy"),
                "TmpfsOptions": options.get("TmpfsOptions"),
            }
        )
    return found


def _networks(inspected: Json) -> Json:
    short_id, name = inspected["Id"][:_SHORT_ID], inspected["Name"].removeprefix("/")
    found = {}
    for network_name, endpoint in (inspected["NetworkSettings"]["Networks"] or {}).items():
        kept = {key: value for key, value in endpoint.items() if key not in _GIVEN_BY_ENGINE}
        aliases = set(endpoint["Aliases"] or ()) - {short_id, name}
        found[network_name] = {**kept, "Aliases": sorted(aliases), "there": "yes"}
    return found

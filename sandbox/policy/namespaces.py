"""Namespaces and networks: a container has its own, or those of its environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.model.service import INTERFACE_NAME
from sandbox.policy.fault import Fault, entries, table, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.policy.own import Own

_NETWORK_MODES: Final = frozenset({"", "default", "bridge", "none"})
"""The engine's own bridge reaches no more of the host than any other; ``docs/policy.md``."""

_OTHERS_CAN_BE_JOINED: Final = {"IpcMode": "ipc", "PidMode": "pid"}
_OWN_ONLY: Final = {
    "CgroupnsMode": "cgroup",
    "UTSMode": "uts",
    "UsernsMode": "userns_mode",
    "Cgroup": "cgroup",
}
_HARMLESS: Final = {
    "IpcMode": frozenset({"", "none", "private", "shareable"}),
    "PidMode": frozenset({""}),
    "CgroupnsMode": frozenset({"", "private"}),
    "UTSMode": frozenset({""}),
    "UsernsMode": frozenset({"", "private"}),
    "Cgroup": frozenset({""}),
}
_ENDPOINT_FIELDS: Final = frozenset(
    {"Aliases", "DNSNames", "DriverOpts", "GwPriority", "IPAMConfig", "Links", "MacAddress"}
)
_SYSCTL: Final = re.compile(r"[a-z]+(?:\.[A-Za-z0-9_-]+)+")
"""A name without slashes, and so without a way out of its folder below ``/proc/sys``."""
_IPC_SYSCTLS: Final = frozenset(
    {
        *("kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall"),
        *("kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced"),
    }
)
"""What the kernel keeps for each IPC namespace, beside ``fs.mqueue.*``. Source: sysctl(7)."""
_ENDPOINT_OPTIONS: Final = frozenset({INTERFACE_NAME})


def namespace_faults(host: Mapping[str, object], own: Own) -> Iterator[Fault]:
    """Judge every namespace of the container but that of its network."""
    for field, key in {**_OTHERS_CAN_BE_JOINED, **_OWN_ONLY}.items():
        mode = str(host.get(field) or "")
        joins = field in _OTHERS_CAN_BE_JOINED and _own_container(mode, own)
        if mode not in _HARMLESS[field] and not joins:
            yield Fault(key=key, value=mode, what=f"{key}: {mode}")


def network_faults(
    host: Mapping[str, object], networking: Mapping[str, object], own: Own
) -> Iterator[Fault]:
    """Judge ``NetworkMode``, the legacy ``Links`` and every endpoint."""
    mode = str(host.get("NetworkMode") or "")
    if not _may_join(mode, own):
        yield _foreign_network(mode)
    for text in entries(host.get("Links")):
        yield from _link_faults(str(text), own)
    yield from unknown(networking, {"EndpointsConfig"}, "NetworkingConfig.")
    for name, endpoint in sorted(table(networking.get("EndpointsConfig")).items()):
        if name != mode and not _may_join(name, own):
            yield _foreign_network(name)
        yield from _endpoint_faults(table(endpoint), own)


def network_reference_faults(mode: str, own: Own, key: str) -> Iterator[Fault]:
    """Judge the network of a build: none, one of the environment, or the engine's bridge."""
    if not _may_join(mode, own):
        yield Fault(key=key, value=mode, what=f"{key}: {mode}")


def is_own_sysctl(name: str, host: Mapping[str, object]) -> bool:
    """Does the setting *name* count in a namespace that the container has for itself?"""
    if not _SYSCTL.fullmatch(name):
        return False
    if name.startswith("net."):
        return not _is_word(str(host.get("NetworkMode") or ""))
    if name.startswith("fs.mqueue.") or name in _IPC_SYSCTLS:
        return str(host.get("IpcMode") or "") in _HARMLESS["IpcMode"]
    return name == "kernel.domainname" and not host.get("UTSMode")


def _endpoint_faults(endpoint: Mapping[str, object], own: Own) -> Iterator[Fault]:
    place = "NetworkingConfig.EndpointsConfig."
    yield from unknown(endpoint, _ENDPOINT_FIELDS, place)
    for option, value in sorted(table(endpoint.get("DriverOpts")).items()):
        if option not in _ENDPOINT_OPTIONS:
            pair = f"{option}={value}"
            yield Fault(key="networks.driver_opts", value=pair, what=f"the network option {pair}")
    for text in entries(endpoint.get("Links")):
        yield from _link_faults(str(text), own)


def _link_faults(text: str, own: Own) -> Iterator[Fault]:
    container = text.partition(":")[0].removeprefix("/")
    if container not in own.containers:
        what = f"a link to the foreign container {container}"
        yield Fault(key="external_links", value=container, what=what)


def _may_join(mode: str, own: Own) -> bool:
    if _is_word(mode):
        # A network can be named like that, and the engine would still take it for the word.
        return _own_container(mode, own)
    return mode in _NETWORK_MODES or mode in own.networks


def _is_word(mode: str) -> bool:
    return mode == "host" or ":" in mode


def _foreign_network(name: str) -> Fault:
    if _is_word(name):
        return Fault(key="network_mode", value=name, what=f"network_mode: {name}")
    what = f"the network {name}, which is not of this environment"
    return Fault(key="networks", value=name, what=what)


def _own_container(mode: str, own: Own) -> bool:
    kind, colon, container = mode.partition(":")
    return kind == "container" and bool(colon) and container in own.containers

"""
What an engine's API does not know yet: an older engine drops it without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.service import INTERFACE_NAME, HostMount, VolumeMount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.action import ContainerSpec
    from sandbox.model.desired import Network

_INTERFACE_SYSCTLS: Final = "com.docker.network.endpoint.sysctls"


def version_number(text: str) -> tuple[int, ...]:
    """
    The leading numbers of a version, at most two: ``2.47.3.windows`` is (2, 47).
    """
    numbers: list[int] = []
    for part in text.split(".")[:2]:
        digits = "".join(c for c in part if c.isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def container_needs(spec: ContainerSpec, version: str) -> str:
    """
    Say which setting of a container the API *version* does not know, and what to do.

    Returns:
        Empty when it knows all of them, or *version* is unknown.
    """
    return _lacking(_container_settings(spec), version, spec.service.place)


def network_needs(network: Network, version: str) -> str:
    """
    Say the same of a network.
    """
    ipv4 = "enable_ipv4: false"
    settings = ((ipv4, "1.47") for _ in range(network.enable_ipv4 is False))
    return _lacking(settings, version, network.place)


def _lacking(settings: Iterator[tuple[str, str]], version: str, place: str) -> str:
    for setting, since in settings:
        if version and version_number(version) < version_number(since):
            return (
                f"{setting} needs an engine with API {since}, and this one has {version};"
                f" update the engine, or take it out of {place}"
            )
    return ""


def _container_settings(spec: ContainerSpec) -> Iterator[tuple[str, str]]:
    """
    Settings that are used, with the version of the API that brought each.
    """
    service = spec.service
    if service.annotations:
        yield "annotations", "1.43"
    for endpoint in spec.endpoints:
        if endpoint.mac_address:
            yield "networks.mac_address", "1.44"
        if _INTERFACE_SYSCTLS in endpoint.driver_opts:
            yield f"networks.driver_opts.{_INTERFACE_SYSCTLS}", "1.46"
        if endpoint.gw_priority:
            yield "networks.gw_priority", "1.48"
        if INTERFACE_NAME in endpoint.driver_opts:
            yield "networks.interface_name", "1.49"
    for mount in service.mounts:
        if isinstance(mount, HostMount) and mount.recursive in {"readonly", "writable"}:
            yield "volumes.bind.recursive", "1.44"
        if isinstance(mount, VolumeMount) and mount.subpath:
            yield "volumes.volume.subpath", "1.45"

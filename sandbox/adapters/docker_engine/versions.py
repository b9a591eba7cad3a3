"""
PURE: what an older engine would drop without a word is refused instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.utils import version_lt

from sandbox.errors import EngineError
from sandbox.model.service import HostMount, VolumeMount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.action import ContainerSpec


def check_version(spec: ContainerSpec, version: str) -> None:
    """
    Refuse a container whose settings the API *version* does not know.

    Raises:
        EngineError: Names the setting, and the version that it came with.
    """
    for setting, since in _settings(spec):
        if version_lt(version, since):
            raise EngineError(
                f"cannot create container {spec.name}: {setting} needs an engine with API {since},"
                f" and this one has {version}",
                remedy=f"update the engine, or take {setting} out of {spec.service.place}",
            )


def _settings(spec: ContainerSpec) -> Iterator[tuple[str, str]]:
    """Settings that are used, with the version of the API that brought each."""
    service = spec.service
    if service.annotations:
        yield "annotations", "1.43"
    for endpoint in spec.endpoints:
        if endpoint.mac_address:
            yield "networks.mac_address", "1.44"
        if endpoint.gw_priority:
            yield "networks.gw_priority", "1.48"
    for mount in service.mounts:
        if isinstance(mount, VolumeMount) and mount.subpath:
            yield "volumes.volume.subpath", "1.45"
        if isinstance(mount, HostMount) and mount.recursive in {"readonly", "writable"}:
            yield "volumes.bind.recursive", "1.44"

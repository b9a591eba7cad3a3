"""One environment as committed at one revision, defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.settings import EnvironmentSettings
from sandbox.model.written import Entries, nothing_written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPool:
    """
    One block of addresses that the file fixes; an empty text leaves that to the engine.

    Attributes:
        subnet, ip_range: In CIDR form.
        reserved: Addresses that no container gets, by host name.
    """

    subnet: str = ""
    ip_range: str = ""
    gateway: str = ""
    reserved: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """
    A network of the environment.

    Attributes:
        key: Its key under top-level ``networks``.
        name: Exact name on the engine when the file gives one; empty means ours to choose.
        external: It must exist and is never created, changed or removed.
        attachable: Containers of others may attach to it, where the driver cares.
        enable_ipv4, enable_ipv6: ``None`` leaves it to the engine.
        ipam_driver: Who gives out addresses; empty is the engine's own.
        pools: Addresses fixed by the file; empty means a subnet that we choose.
        place: ``file:line`` where it is declared, for messages.
        places, written: As in `Service`.
    """

    key: str
    name: str = ""
    external: bool = False
    driver: str = "bridge"
    driver_opts: Mapping[str, str] = field(default_factory=dict[str, str])
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    ipam_driver: str = ""
    ipam_options: Mapping[str, str] = field(default_factory=dict[str, str])
    pools: tuple[AddressPool, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    place: str = field(default="", compare=False)
    places: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    written: Entries = field(default_factory=nothing_written, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """
    A volume of the environment; fields as in `Network`.

    Attributes:
        place: ``file:line`` where it is declared, for messages.
        places, written: As in `Service`.
    """

    key: str
    name: str = ""
    external: bool = False
    driver: str = "local"
    driver_opts: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    place: str = field(default="", compare=False)
    places: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    written: Entries = field(default_factory=nothing_written, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesiredState:
    """
    One environment as committed at one revision.

    Only services that the active profiles enable are in it, and only the networks and volumes
    that those services use; every name that a service refers to is there.

    Attributes:
        application: What its environments have in common; first part of image names.
        environment: Name of the folder.
        revision: Full id of the commit that the files were read from.
        release: Full id of the commit that the build contexts were read from.
        services: Sorted by name.
        gates: Services that are checks of the others, and none of *services*; sorted by name.
        networks: Sorted by key.
        volumes: Sorted by key.
        warnings: What the user should know although the state is valid; each begins with
            ``file:line:``.
    """

    application: str
    environment: str
    revision: str
    release: str
    settings: EnvironmentSettings = field(default_factory=EnvironmentSettings)
    services: tuple[Service, ...] = ()
    gates: tuple[Service, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    warnings: tuple[str, ...] = ()

"""
What a container is given of the machine around it: namespaces, devices, resolver, fine tuning.

Every field has the default that asks the engine for nothing, so that a group which equals its
default never reaches the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespaces:
    """
    Which namespaces are not the container's own; empty texts leave the engine's default.

    Attributes:
        network: ``bridge``, ``host``, ``none``, ``container:<name>`` or ``service:<name>``; empty
            attaches to networks.
        ipc, pid: ``host``, ``container:<name>``, ``service:<name>``, or a word of the engine.
        uts, user, cgroup: ``host``, or a word of the engine.
        cgroup_parent: Control group that the container's own is made below.
    """

    network: str = ""
    ipc: str = ""
    pid: str = ""
    uts: str = ""
    user: str = ""
    cgroup: str = ""
    cgroup_parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of the host: its path there, in the container, and ``rwm`` or a part of it."""

    source: str
    target: str
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """
    Devices that a driver chooses, such as GPUs.

    Attributes:
        count: How many; -1 is all of them, 0 when *device_ids* names them.
        capabilities: All of which the devices must have, sorted.
    """

    driver: str = ""
    count: int = 0
    device_ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Devices of the host; *cgroup_rules* are in the kernel's own syntax."""

    mapped: tuple[Device, ...] = ()
    requested: tuple[DeviceRequest, ...] = ()
    cgroup_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """How names are looked up; the order of servers and search domains counts."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRate:
    """What one block device may be used with: bytes or operations a second, or a weight."""

    path: str
    rate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockIo:
    """Bounds of block devices; *weight* 0 is the default."""

    weight: int = 0
    weights: tuple[DeviceRate, ...] = ()
    read_bytes: tuple[DeviceRate, ...] = ()
    write_bytes: tuple[DeviceRate, ...] = ()
    read_operations: tuple[DeviceRate, ...] = ()
    write_operations: tuple[DeviceRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """
    Bounds and weights that are rarely used and rarely changed by hand.

    Attributes:
        shm_size_bytes: Size of ``/dev/shm``; 0 is the engine's default.
        memory_swappiness: 0 to 100; ``None`` is the kernel's default.
        cpu_rt_period_us, cpu_rt_runtime_us: Microseconds of real-time scheduling; 0 is none.
        storage: Options of the storage driver, such as ``size``.
    """

    shm_size_bytes: int = 0
    memory_swappiness: int | None = None
    oom_kill_disable: bool = False
    oom_score_adj: int = 0
    cpu_rt_period_us: int = 0
    cpu_rt_runtime_us: int = 0
    storage: Mapping[str, str] = field(default_factory=dict[str, str])
    block_io: BlockIo = field(default_factory=BlockIo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command that is run inside a container, after it was started or before it is stopped."""

    command: tuple[str, ...]
    user: str = ""
    privileged: bool = False
    working_dir: str = ""
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What is run inside the container itself, in this order, around its life."""

    post_start: tuple[Hook, ...] = ()
    pre_stop: tuple[Hook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesFrom:
    """All mounts of another container: of a service here, or of a container by its exact name."""

    service_name: str = ""
    container_name: str = ""
    read_only: bool = False

"""What a container may mount: volumes of its environment, memory, and nothing of the host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.policy.fault import Fault, entries, table, unknown
from sandbox.policy.host_paths import looks_like_path, normal, reaches_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.policy.own import Own

LOCAL_DRIVERS: Final = frozenset({"", "local"})
_SHARED: Final = frozenset({"shared", "rshared"})
_MEMORY: Final = "tmpfs"
_MEMORY_OPTION: Final = re.compile(
    r"(size|mode|uid|gid|nr_blocks|nr_inodes)=[\w%]+|ro|rw|(no)?(exec|suid|dev|atime)|relatime|"
)
_MOUNT_FIELDS: Final = frozenset(
    {
        "BindOptions",
        "ClusterOptions",
        "Consistency",
        "ImageOptions",
        "ReadOnly",
        "Source",
        "Target",
        "TmpfsOptions",
        "Type",
        "VolumeOptions",
    }
)
_VOLUME_OPTIONS: Final = frozenset({"DriverConfig", "Labels", "NoCopy", "Subpath"})


def mount_faults(host: Mapping[str, object], own: Own) -> Iterator[Fault]:
    """Judge ``Binds``, ``Mounts``, ``VolumeDriver`` and ``VolumesFrom`` of a container."""
    for text in entries(host.get("Binds")):
        source, colon, rest = str(text).partition(":")
        if colon:
            options = rest.partition(":")[2].split(",")
            yield from _source_faults(source or str(text), own, read_only="ro" in options)
            yield from _propagation_faults(options)
    for entry in entries(host.get("Mounts")):
        yield from _mount_faults(table(entry), own)
    driver = str(host.get("VolumeDriver") or "")
    if driver not in LOCAL_DRIVERS:
        yield Fault(key="volumes", value=driver, what=f"the volume driver {driver}")
    for text in entries(host.get("VolumesFrom")):
        container, _, mode = str(text).partition(":")
        if container not in own.containers:
            what = f"the volumes of the foreign container {container}"
            why = _of_others(read_only=mode == "ro")
            yield Fault(key="volumes_from", value=container, what=what, why=why)


def driver_option_faults(driver: object, options: object, key: str) -> Iterator[Fault]:
    """Judge what a volume is made of: a folder of the engine or memory, or something else."""
    given = {name: str(value) for name, value in table(options).items()}
    if str(driver or "") not in LOCAL_DRIVERS:
        return  # the driver itself is what is denied
    others = {name: value for name, value in given.items() if name != "size"}
    if not others or _is_memory(others):
        return
    device, kind = others.get("device", ""), others.get("type", "")
    # The options themselves are not repeated: some hold the password of another machine.
    yield Fault(
        key=key,
        value=normal(device) if device else kind,
        what=f"a volume that mounts {device or 'something'} ({', '.join(sorted(others))})",
        explicit=device.startswith("/") and reaches_engine(device),
    )


def _mount_faults(mount: Mapping[str, object], own: Own) -> Iterator[Fault]:
    kind, source = str(mount.get("Type") or ""), str(mount.get("Source") or "")
    target = str(mount.get("Target") or "")
    yield from unknown(mount, _MOUNT_FIELDS, "HostConfig.Mounts[].")
    match kind:
        case "tmpfs" | "image":
            return
        case "volume":
            options = table(mount.get("VolumeOptions"))
            yield from unknown(options, _VOLUME_OPTIONS, "HostConfig.Mounts[].VolumeOptions.")
            read_only = bool(mount.get("ReadOnly"))
            yield from _source_faults(source, own, read_only=read_only)
            config = table(options.get("DriverConfig"))
            driver = str(config.get("Name") or "")
            if driver not in LOCAL_DRIVERS:
                yield Fault(key="volumes", value=driver, what=f"the volume driver {driver}")
            yield from driver_option_faults(driver, config.get("Options"), "volumes")
        case "bind":
            yield _bind_fault(source, read_only=bool(mount.get("ReadOnly")))
            words = str(table(mount.get("BindOptions")).get("Propagation") or "")
            yield from _propagation_faults([words])
        case _:
            what = f"a mount of type {kind or 'unknown'} at {target}"
            yield Fault(key="volumes", value=source or kind, what=what)


def _source_faults(source: str, own: Own, *, read_only: bool) -> Iterator[Fault]:
    if looks_like_path(source):
        yield _bind_fault(source, read_only=read_only)
    elif source and source not in own.volumes:
        what = f"the volume {source}, which is not of this environment"
        why = _of_others(read_only=read_only)
        yield Fault(key="volumes", value=source, what=what, why=why)


def _of_others(*, read_only: bool) -> str:
    return (
        f"it {'reads' if read_only else 'reads and writes'} data of other projects on this machine"
    )


def _propagation_faults(words: Iterable[str]) -> Iterator[Fault]:
    for word in words:
        if word in _SHARED:
            value = f"propagation={word}"
            what = f"the {value}, with which what is mounted in the container is so on the host"
            yield Fault(key="volumes", value=value, what=what)


def _bind_fault(source: str, *, read_only: bool) -> Fault:
    path = normal(source)
    if path.startswith("/") and reaches_engine(path):
        what = f"the mount of {path}, through which the engine or the host can be commanded"
        why = "a process that opens it controls this machine, also with `:ro`"
        return Fault(key="volumes", value=path, what=what, why=why, explicit=True)
    if read_only:
        what, why = (
            f"the read-only mount of {path}, a path of the host",
            "it reads files of the host",
        )
    else:
        what, why = (
            f"the mount of {path}, a path of the host",
            "it reads and writes files of the host",
        )
    return Fault(key="volumes", value=path, what=what, why=why)


def _is_memory(options: Mapping[str, str]) -> bool:
    """Tell whether the options mount memory; a flag such as ``bind`` would mount something else."""
    return (
        options.get("type") == _MEMORY
        and options.get("device", _MEMORY) == _MEMORY
        and set(options) <= {"type", "device", "o"}
        and all(_MEMORY_OPTION.fullmatch(part) for part in options.get("o", "").split(","))
    )

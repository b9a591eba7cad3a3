"""The body of ``POST /containers/create``, field by field."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from sandbox.policy.fault import Fault, entries, table, unknown
from sandbox.policy.host_paths import normal
from sandbox.policy.mounts import mount_faults
from sandbox.policy.namespaces import is_own_sysctl, namespace_faults, network_faults
from sandbox.policy.security import security_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.policy.own import Own

_CONFIG: Final = frozenset(
    {
        *("ArgsEscaped", "AttachStderr", "AttachStdin", "AttachStdout", "Cmd", "Domainname"),
        *("Entrypoint", "Env", "ExposedPorts", "Healthcheck", "HostConfig", "Hostname", "Image"),
        *("Labels", "MacAddress", "NetworkDisabled", "NetworkingConfig", "OpenStdin", "Shell"),
        *("StdinOnce", "StopSignal", "StopTimeout", "Tty", "User", "Volumes", "WorkingDir"),
    }
)
"""What a container is inside of itself: nothing in it reaches the host."""

_HARMLESS: Final = frozenset(
    {
        *("AutoRemove", "BlkioDeviceReadBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteBps"),
        *("BlkioDeviceWriteIOps", "BlkioWeight", "BlkioWeightDevice", "CapDrop", "ConsoleSize"),
        *("CpuCount", "CpuPercent", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod"),
        *("CpuRealtimeRuntime", "CpuShares", "CpusetCpus", "CpusetMems", "Dns", "DnsOptions"),
        *("DnsSearch", "ExtraHosts", "GroupAdd", "IOMaximumBandwidth", "IOMaximumIOps", "Init"),
        *("KernelMemory", "KernelMemoryTCP", "Memory", "MemoryReservation", "MemorySwap"),
        *("MemorySwappiness", "NanoCpus", "NanoCPUs", "PidsLimit", "ReadonlyRootfs"),
        *("RestartPolicy", "ShmSize", "Tmpfs", "Ulimits"),
    }
)
"""Limits, names and memory: what a container takes from its own share."""

_JUDGED: Final = frozenset(
    {
        *("Annotations", "Binds", "CapAdd", "Cgroup", "CgroupParent", "CgroupnsMode"),
        *("DeviceCgroupRules", "DeviceRequests", "Devices", "IpcMode", "Isolation", "Links"),
        *("LogConfig", "MaskedPaths", "Mounts", "NetworkMode", "OomKillDisable", "OomScoreAdj"),
        *("PidMode", "PortBindings", "Privileged", "PublishAllPorts", "ReadonlyPaths", "Runtime"),
        *("SecurityOpt", "StorageOpt", "Sysctls", "UTSMode", "UsernsMode", "VolumeDriver"),
        "VolumesFrom",
    }
)
_HOST_SCHEMES: Final = ("unix:", "unixgram:", "file:", "npipe:")
_FILE_OPTIONS: Final = ("-cert", "-key", "-capath", "-path")


def container_faults(body: Mapping[str, object], own: Own) -> Iterator[Fault]:
    """Give everything in *body* that is not known to be harmless."""
    host = table(body.get("HostConfig"))
    yield from unknown(body, _CONFIG, "")
    yield from unknown(host, _HARMLESS | _JUDGED, "HostConfig.")
    yield from _flag_faults(host)
    yield from _device_faults(host)
    yield from security_faults(host)
    yield from mount_faults(host, own)
    yield from namespace_faults(host, own)
    yield from network_faults(host, table(body.get("NetworkingConfig")), own)
    yield from _port_faults(host)
    yield from _engine_faults(host)


def _flag_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    if host.get("Privileged"):
        yield Fault(key="privileged", what="privileged: true")
    if host.get("OomKillDisable"):
        yield Fault(key="oom_kill_disable", what="oom_kill_disable: true")
    score = host.get("OomScoreAdj") or 0
    if not isinstance(score, int) or score < 0:
        yield Fault(key="oom_score_adj", value=str(score), what=f"oom_score_adj: {score}")


def _device_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    for entry in entries(host.get("Devices")):
        path = normal(str(table(entry).get("PathOnHost") or entry))
        yield Fault(key="devices", value=path, what=f"the device {path}")
    for rule in entries(host.get("DeviceCgroupRules")):
        yield Fault(key="device_cgroup_rules", value=str(rule), what=f"the device rule {rule}")
    for entry in entries(host.get("DeviceRequests")):
        request = table(entry)
        driver = str(request.get("Driver") or "")
        if driver == "cdi":
            for device in entries(request.get("DeviceIDs")) or ["any"]:
                yield Fault(key="devices", value=str(device), what=f"the device {device}")
        else:
            yield Fault(key="gpus", value=driver, what=f"devices of {driver or 'any driver'}")


def _port_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    if host.get("PublishAllPorts"):
        yield Fault(key="ports", value="all", what="every port, published on every address")
    for port, bindings in sorted(table(host.get("PortBindings")).items()):
        # A port without a binding is published as well, on every address.
        for entry in entries(bindings) or [{}]:
            binding = table(entry)
            address, number = str(binding.get("HostIp") or ""), str(binding.get("HostPort") or "")
            if not _is_loopback(address):
                where = f"[{address}]" if ":" in address else address or "0.0.0.0"  # noqa: S104 - compared, never bound
                value = f"{where}:{number}" if number else where
                what = f"port {port} published on {value}"
                target = port.partition("/")[0]
                sought = (f"target={target}", *([f"published={number}"] if number else []))
                yield Fault(key="ports", value=value, what=what, sought=sought)


def _engine_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    """Judge what the engine itself does for a container, outside of it."""
    for field, key in {"CgroupParent": "cgroup_parent", "Runtime": "runtime"}.items():
        if host.get(field):
            text = str(host[field])
            yield Fault(key=key, value=text, what=f"{key}: {text}")
    isolation = str(host.get("Isolation") or "default")
    if isolation != "default":
        yield Fault(key="isolation", value=isolation, what=f"isolation: {isolation}")
    yield from _pair_faults(host)
    yield from _logging_faults(table(host.get("LogConfig")))


def _pair_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    pairs = {"Annotations": "annotations", "StorageOpt": "storage_opt", "Sysctls": "sysctls"}
    for field, key in pairs.items():
        for name, value in sorted(table(host.get(field)).items()):
            is_own = field == "Sysctls" and is_own_sysctl(name, host)
            if not is_own and (field, name) != ("StorageOpt", "size"):
                pair = f"{name}={value}"
                yield Fault(key=key, value=pair, what=f"{key}: {pair}")


def _logging_faults(logging: Mapping[str, object]) -> Iterator[Fault]:
    """Judge where the engine writes what a container says: with rights that this one lacks."""
    yield from unknown(logging, {"Type", "Config"}, "HostConfig.LogConfig.")
    for name, value in sorted(table(logging.get("Config")).items()):
        pair, text = f"{name}={value}", str(value)
        is_file = name.endswith(_FILE_OPTIONS) and text.startswith("/")
        if is_file or text.startswith(_HOST_SCHEMES):
            yield Fault(key="logging", value=pair, what=f"the logging option {pair}")


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)

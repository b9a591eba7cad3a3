"""
What a container is given of the host, as the engine takes it: part of the body of its create.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.service import Limits, Service
    from sandbox.model.surroundings import BlockIo, DeviceRate, Devices, Tuning

Json: TypeAlias = dict[str, Any]
"""One JSON object as the engine takes it."""

_EVERY: Final = "ALL"
_PREFIX: Final = "CAP_"


def host_fields(service: Service) -> Json:
    """
    Give the settings of ``HostConfig`` that come from rights, limits, devices and name lookup.

    Empty ones are in it, too.
    """
    added, dropped = capabilities(service.cap_add, service.cap_drop)
    return {
        "Privileged": service.privileged,
        "ReadonlyRootfs": service.read_only,
        "CapAdd": list(added),
        "CapDrop": list(dropped),
        "SecurityOpt": list(service.security_opt),
        "GroupAdd": list(service.group_add),
        "Sysctls": dict(service.sysctls),
        "Annotations": dict(service.annotations),
        "Runtime": service.runtime,
        "Dns": list(service.resolver.servers),
        "DnsSearch": list(service.resolver.search),
        "DnsOptions": list(service.resolver.options),
        "ExtraHosts": [_extra_host(text) for text in service.extra_hosts],
        "Links": list(service.external_links) if service.namespaces.network else [],
        "Ulimits": [
            {"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard}
            for limit in service.ulimits
        ],
        "LogConfig": _logging(service),
        **_limits(service.limits),
        **_tuning(service.tuning),
        **_devices(service.devices),
    }


def restart_policy(restart: str) -> Json:
    """Give ``on-failure:3`` as the engine takes it; empty for ``no``."""
    name, _, tries = restart.partition(":")
    return {} if name == "no" else {"Name": name, "MaximumRetryCount": int(tries or 0)}


def capabilities(
    added: Iterable[str], dropped: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Write both lists as the engine keeps them: ``CAP_NET_ADMIN``, sorted; ``ALL`` stands for all.
    """
    return tuple(sorted(_capabilities(added))), tuple(sorted(_capabilities(dropped)))


def _capabilities(names: Iterable[str]) -> set[str]:
    found = {name.strip().upper() for name in names}
    if _EVERY in found or _PREFIX + _EVERY in found:
        return {_EVERY}
    return {_PREFIX + name.removeprefix(_PREFIX) for name in found if name}


def _logging(service: Service) -> Json:
    if service.logging is None:
        return {}
    return {"Type": service.logging.driver, "Config": dict(service.logging.options)}


def _limits(limits: Limits) -> Json:
    return {
        "Memory": limits.memory_bytes,
        "MemoryReservation": limits.memory_reservation_bytes,
        "MemorySwap": limits.memory_swap_bytes,
        "NanoCpus": limits.nano_cpus,
        "CpuShares": limits.cpu_shares,
        "CpuQuota": limits.cpu_quota_us,
        "CpuPeriod": limits.cpu_period_us,
        "CpusetCpus": limits.cpuset,
        "PidsLimit": limits.pids,
    }


def _tuning(tuning: Tuning) -> Json:
    return {
        "ShmSize": tuning.shm_size_bytes,
        "OomKillDisable": tuning.oom_kill_disable,
        "OomScoreAdj": tuning.oom_score_adj,
        "CpuRealtimePeriod": tuning.cpu_rt_period_us,
        "CpuRealtimeRuntime": tuning.cpu_rt_runtime_us,
        "StorageOpt": dict(tuning.storage),
        **_block_io(tuning.block_io),
    }


def _block_io(block_io: BlockIo) -> Json:
    return {
        "BlkioWeight": block_io.weight,
        "BlkioWeightDevice": _rates(block_io.weights, "Weight"),
        "BlkioDeviceReadBps": _rates(block_io.read_bytes, "Rate"),
        "BlkioDeviceWriteBps": _rates(block_io.write_bytes, "Rate"),
        "BlkioDeviceReadIOps": _rates(block_io.read_operations, "Rate"),
        "BlkioDeviceWriteIOps": _rates(block_io.write_operations, "Rate"),
    }


def _rates(rates: Sequence[DeviceRate], what: str) -> list[Json]:
    return [{"Path": rate.path, what: rate.rate} for rate in rates]


def _devices(devices: Devices) -> Json:
    return {
        "Devices": [
            {
                "PathOnHost": device.source,
                "PathInContainer": device.target,
                "CgroupPermissions": device.permissions,
            }
            for device in devices.mapped
        ],
        "DeviceCgroupRules": list(devices.cgroup_rules),
        "DeviceRequests": [
            {
                "Driver": request.driver,
                "Count": request.count,
                "DeviceIDs": list(request.device_ids) or None,
                "Capabilities": [list(request.capabilities)],
                "Options": dict(request.options) or None,
            }
            for request in devices.requested
        ],
    }


def _extra_host(text: str) -> str:
    """Compose takes ``name=address`` as well; the engine wants a colon."""
    name, equals, address = text.partition("=")
    return f"{name}:{address}" if equals else text

"""Memory, processors, processes, replicas and restart: everything that bounds a service."""

from __future__ import annotations

import re

from sandbox.compose.findings import Place
from sandbox.compose.given import size, texts, whole
from sandbox.compose.node import EMPTY, MapNode, Node, flag, integer, items, mapping, text
from sandbox.compose.units import nano_cpus
from sandbox.model.service import Limits, Ulimit
from sandbox.model.surroundings import BlockIo, DeviceRate, Tuning

REPLICAS_MAX = 100
_RESTART = re.compile(r"no|always|unless-stopped|on-failure(:\d{1,9})?")
_CONDITIONS = {"any": "always", "none": "no", "": "no"}


def read_limits(service: MapNode, place: Place) -> Limits:
    """Read the short attributes and ``deploy.resources``, which do not contradict."""
    resources = mapping(mapping(service.get("deploy")).get("resources"))
    limits, reservations = mapping(resources.get("limits")), mapping(resources.get("reservations"))
    pids = whole(service.get("pids_limit"), place.at("pids_limit")) or integer(limits.get("pids"))
    return Limits(
        memory_bytes=size(service.get("mem_limit")) or size(limits.get("memory")),
        nano_cpus=_nano_cpus(service.get("cpus")) or _nano_cpus(limits.get("cpus")),
        pids=max(0, pids or 0),
        memory_reservation_bytes=size(service.get("mem_reservation"))
        or size(reservations.get("memory")),
        memory_swap_bytes=size(service.get("memswap_limit")),
        cpu_shares=whole(service.get("cpu_shares"), place.at("cpu_shares")),
        cpu_quota_us=whole(service.get("cpu_quota"), place.at("cpu_quota")),
        cpu_period_us=whole(service.get("cpu_period"), place.at("cpu_period")),
        cpuset=text(service.get("cpuset")),
        restart=_restart(service, place),
    )


def read_tuning(service: MapNode, place: Place) -> Tuning:
    """Read what is rarely needed."""
    return Tuning(
        shm_size_bytes=size(service.get("shm_size")),
        memory_swappiness=integer(service.get("mem_swappiness")),
        oom_kill_disable=flag(service.get("oom_kill_disable"), default=False),
        oom_score_adj=whole(service.get("oom_score_adj"), place.at("oom_score_adj")),
        cpu_rt_period_us=whole(service.get("cpu_rt_period"), place.at("cpu_rt_period")),
        cpu_rt_runtime_us=whole(service.get("cpu_rt_runtime"), place.at("cpu_rt_runtime")),
        storage=texts(service.get("storage_opt")),
        block_io=_block_io(mapping(service.get("blkio_config"))),
    )


def read_replicas(service: MapNode, place: Place) -> int:
    """Read ``scale`` and ``deploy.replicas``, which do not contradict."""
    deploy = mapping(service.get("deploy"))
    for where, path in ((service.get("scale"), "scale"), (deploy.get("replicas"), "deploy")):
        found = integer(where)
        if where is None or found is None:
            continue
        if not 0 <= found <= REPLICAS_MAX:
            place.at(path).problem(where, f"must be a number from 0 to {REPLICAS_MAX}, not {found}")
            return 1
        return found
    return 1


def read_ulimits(node: Node | None, place: Place) -> tuple[Ulimit, ...]:
    """Read both forms, sorted by name."""
    found: list[Ulimit] = []
    for name, value in sorted(mapping(node).values.items()):
        pair = value if isinstance(value, MapNode) else EMPTY
        single = integer(value)
        soft, hard = integer(pair.get("soft")), integer(pair.get("hard"))
        if single is not None:
            found.append(Ulimit(name=name, soft=single, hard=single))
        elif soft is not None and hard is not None:
            if soft > hard >= 0:
                place.at(name).problem(value, f"soft ({soft}) is more than hard ({hard})")
            found.append(Ulimit(name=name, soft=soft, hard=hard))
    return tuple(found)


def _block_io(node: MapNode) -> BlockIo:
    return BlockIo(
        weight=integer(node.get("weight")) or 0,
        weights=_rates(node.get("weight_device"), "weight"),
        read_bytes=_rates(node.get("device_read_bps"), "rate"),
        write_bytes=_rates(node.get("device_write_bps"), "rate"),
        read_operations=_rates(node.get("device_read_iops"), "rate"),
        write_operations=_rates(node.get("device_write_iops"), "rate"),
    )


def _rates(node: Node | None, what: str) -> tuple[DeviceRate, ...]:
    entries = (mapping(item) for item in items(node))
    found = (DeviceRate(path=text(each.get("path")), rate=size(each.get(what))) for each in entries)
    return tuple(sorted(found, key=lambda each: each.path))


def _nano_cpus(node: Node | None) -> int:
    return nano_cpus(text(node)) or 0


def _restart(service: MapNode, place: Place) -> str:
    """Read what ``deploy.restart_policy`` says, else ``restart``, as Compose does."""
    deploy = mapping(service.get("deploy"))
    where = service.get("restart")
    written = text(where)
    if where is not None and written and "restart_policy" not in deploy.values:
        if not _RESTART.fullmatch(written):
            place.at("restart").problem(
                where,
                f"must be no, always, unless-stopped, on-failure or on-failure:3, not {written!r}",
            )
            return "no"
        return "on-failure" if written == "on-failure:0" else written
    policy = mapping(deploy.get("restart_policy"))
    where = policy.get("condition")
    name = _CONDITIONS.get(text(where), text(where))
    tries = integer(policy.get("max_attempts")) or 0
    found = f"{name}:{tries}" if name == "on-failure" and tries else name
    if where is not None and not _RESTART.fullmatch(found):
        message = f"must be none, on-failure or any, not {text(where)!r}"
        place.at("deploy", "restart_policy", "condition").problem(where, message)
        return "no"
    return found

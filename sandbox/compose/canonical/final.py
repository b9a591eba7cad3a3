"""The values of a merged project as Compose prints them; what says nothing is left out."""

from __future__ import annotations

from sandbox.compose.canonical.lists import listed
from sandbox.compose.canonical.shape import EACH, Shape, applied, replaced
from sandbox.compose.canonical.values import (
    clean,
    command,
    count,
    decimal,
    device_count,
    duration,
    filled,
    health_test,
    hosts,
    ignored,
    left_out,
    options,
    permissions,
    size,
    string,
    truth,
    whole,
)
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, mapping

# False and zero mean something at these keys, and an empty mapping is a choice.
_KEPT = frozenset(
    {
        "attach",
        "bind",
        "build",
        "credential_spec",
        "deploy",
        "enable_ipv4",
        "enable_ipv6",
        "healthcheck",
        "image",
        "init",
        "ipam",
        "limits",
        "logging",
        "max_attempts",
        "provider",
        "parallelism",
        "placement",
        "replicas",
        "required",
        "reservations",
        "resources",
        "restart_policy",
        "retries",
        "rollback_config",
        "scale",
        "tmpfs",
        "update_config",
        "volume",
    }
)


def _tidy(node: Node, blank: frozenset[str]) -> Node:
    """Leave out what no value, an empty one, false or zero stands for, but not at *blank*."""
    if not isinstance(node, MapNode):
        return node
    nothing = {
        key: None
        for key, value in node.values.items()
        if _is_nothing(value) and key not in blank and (key not in _KEPT or _is_blank(value))
    }
    return replaced(node, nothing) if nothing else node


def _is_nothing(node: Node) -> bool:
    if isinstance(node, Scalar):
        return not node.value
    return not (node.items if isinstance(node, ListNode) else node.values)


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.value is None or node.value == "")


def _ulimit(node: Node, place: Place) -> Node | None:
    return applied(node, {EACH: whole} if isinstance(node, MapNode) else whole, place)


def _fields(shape: dict[str, Shape], *blank: str) -> Shape:
    """Read the values of a mapping; an empty text says something at the keys *blank*."""
    keys = frozenset(blank)
    return shape, lambda node, _place: _tidy(node, keys)


_FILE_USE: Shape = {EACH: _fields({"mode": permissions})}
_LIMITS = _fields({"cpus": decimal, "memory": size, "pids": whole})
_DEVICES: Shape = {EACH: _fields({"count": device_count, "options": filled})}
_ROLLOUT = _fields(
    {"parallelism": count, "delay": duration, "monitor": duration, "max_failure_ratio": decimal}
)
_ULIMITS: Shape = {EACH: _ulimit}
_HOOKS: Shape = {EACH: _fields({"command": command, "privileged": truth}, "command")}
_RATES: Shape = {EACH: _fields({"rate": size})}
_BUILD = _fields(
    {
        "extra_hosts": hosts,
        "labels": filled,
        "no_cache": truth,
        "privileged": truth,
        "provenance": string,
        "pull": truth,
        "sbom": string,
        "secrets": _FILE_USE,
        "shm_size": size,
        "ulimits": _ULIMITS,
    },
    "context",
    "dockerfile",
    "dockerfile_inline",
)


_DEPLOY = _fields(
    {
        "labels": filled,
        "placement": _fields({"max_replicas_per_node": count}),
        "replicas": count,
        "resources": _fields(
            {
                "limits": _LIMITS,
                "reservations": (_LIMITS, _fields({"devices": _DEVICES})),
            }
        ),
        "restart_policy": _fields({"delay": duration, "max_attempts": count, "window": duration}),
        "rollback_config": _ROLLOUT,
        "update_config": _ROLLOUT,
    }
)
_WATCH = _fields(
    {"exec": _fields({"command": command}, "command"), "ignore": listed, "include": listed}
)
_MOUNT = _fields(
    {
        "bind": _fields({"create_host_path": truth}),
        "read_only": truth,
        "target": clean,
        "tmpfs": _fields({"mode": count, "size": size}),
        "volume": _fields({"labels": filled, "nocopy": truth}),
    }
)
_ATTACHMENT = _fields({"driver_opts": filled, "gw_priority": whole, "priority": whole})
_SERVICE = _fields(
    {
        "annotations": filled,
        "attach": truth,
        "blkio_config": _fields(
            {
                "device_read_bps": _RATES,
                "device_read_iops": _RATES,
                "device_write_bps": _RATES,
                "device_write_iops": _RATES,
                "weight": count,
                "weight_device": {EACH: _fields({"weight": count})},
            }
        ),
        "build": _BUILD,
        "command": command,
        "configs": _FILE_USE,
        "cpu_count": whole,
        "cpu_percent": decimal,
        "cpu_period": whole,
        "cpu_quota": whole,
        "cpu_rt_period": whole,
        "cpu_rt_runtime": whole,
        "cpu_shares": whole,
        "cpus": decimal,
        "depends_on": {EACH: _fields({"restart": truth})},
        "deploy": _DEPLOY,
        "develop": _fields({"watch": {EACH: _WATCH}}),
        "devices": {EACH: _fields({})},
        "entrypoint": command,
        "expose": {EACH: string},
        "extra_hosts": hosts,
        "gpus": _DEVICES,
        "group_add": {EACH: string},
        "healthcheck": _fields(
            {
                "disable": truth,
                "interval": duration,
                "retries": count,
                "start_interval": duration,
                "start_period": duration,
                "test": health_test,
                "timeout": duration,
            }
        ),
        "init": truth,
        "labels": filled,
        "logging": _fields({"options": filled}),
        "mem_limit": size,
        "mem_reservation": size,
        "mem_swappiness": size,
        "memswap_limit": size,
        "networks": {EACH: _ATTACHMENT},
        "oom_kill_disable": truth,
        "oom_score_adj": whole,
        "pids_limit": whole,
        "ports": {EACH: _fields({"published": string, "target": count})},
        "post_start": _HOOKS,
        "pre_stop": _HOOKS,
        "privileged": truth,
        "provider": _fields({"options": options}),
        "pull_refresh_after": left_out,
        "read_only": truth,
        "scale": count,
        "secrets": _FILE_USE,
        "shm_size": size,
        "stdin_open": truth,
        "stop_grace_period": duration,
        "storage_opt": filled,
        "sysctls": filled,
        "tty": truth,
        "ulimits": _ULIMITS,
        "volumes": {EACH: _MOUNT},
    },
    "command",
    "entrypoint",
    "network_mode",
)
_RESOURCE: Shape = {
    EACH: _fields({"driver_opts": filled, "external": truth, "labels": filled}, "name")
}
_NETWORK = _fields(
    {
        "attachable": truth,
        "enable_ipv4": truth,
        "enable_ipv6": truth,
        "external": truth,
        "internal": truth,
        "driver_opts": filled,
        "ipam": _fields({"config": {EACH: _fields({"aux_addresses": filled})}, "options": ignored}),
        "labels": filled,
    },
    "name",
)
_FILE: Shape = {
    "configs": _RESOURCE,
    "networks": {EACH: _NETWORK},
    "secrets": _RESOURCE,
    "services": {EACH: _SERVICE},
    "volumes": _RESOURCE,
}


def valued(tree: MapNode, findings: Findings) -> MapNode:
    """
    Read what the texts of the canonical *tree* say, when all files are merged.

    Durations, sizes, numbers and permissions are written as Compose prints them, command lines are
    split into words, and what is empty, false or zero and means nothing by that is left out.
    """
    return mapping(applied(tree, _FILE, Place(findings=findings, path=())))

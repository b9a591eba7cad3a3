"""Keys that Compose knows and we do not act on yet, and what to say about an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

# Attributes of the Compose Specification as of compose-go 2.9, and `pre_start` which came later.
SERVICE = frozenset(
    {
        "annotations",
        "attach",
        "blkio_config",
        "cgroup",
        "cgroup_parent",
        "container_name",
        "cpu_count",
        "cpu_percent",
        "cpu_period",
        "cpu_quota",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpu_shares",
        "cpuset",
        "credential_spec",
        "develop",
        "device_cgroup_rules",
        "devices",
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "external_links",
        "gpus",
        "group_add",
        "ipc",
        "isolation",
        "label_file",
        "links",
        "mac_address",
        "mem_reservation",
        "mem_swappiness",
        "memswap_limit",
        "models",
        "network_mode",
        "oom_kill_disable",
        "oom_score_adj",
        "pid",
        "platform",
        "post_start",
        "pre_start",
        "pre_stop",
        "privileged",
        "provider",
        "pull_policy",
        "pull_refresh_after",
        "runtime",
        "shm_size",
        "stdin_open",
        "storage_opt",
        "sysctls",
        "tty",
        "use_api_socket",
        "userns_mode",
        "uts",
        "volumes_from",
    }
)
TOP = frozenset({"include", "models"})
BUILD = frozenset(
    {
        "additional_contexts",
        "cache_from",
        "cache_to",
        "dockerfile_inline",
        "entitlements",
        "extra_hosts",
        "isolation",
        "labels",
        "network",
        "no_cache",
        "platforms",
        "privileged",
        "provenance",
        "pull",
        "sbom",
        "secrets",
        "shm_size",
        "ssh",
        "tags",
        "ulimits",
    }
)
DEPLOY = frozenset(
    {"endpoint_mode", "labels", "placement", "restart_policy", "rollback_config", "update_config"}
)
RESOURCES = frozenset({"reservations"})
ATTACHMENT = frozenset(
    {
        "driver_opts",
        "gw_priority",
        "interface_name",
        "ipv6_address",
        "link_local_ips",
        "mac_address",
        "priority",
    }
)
MOUNT = frozenset({"image"})
BIND = frozenset({"propagation", "recursive", "selinux"})
VOLUME_OPTIONS = frozenset({"labels", "subpath"})
NETWORK = frozenset({"attachable", "enable_ipv4", "enable_ipv6"})
IPAM = frozenset({"options"})
SUBNET = frozenset({"aux_addresses", "gateway", "ip_range"})
RESOURCE = frozenset(
    {"driver", "driver_opts", "environment", "external", "labels", "template_driver"}
)


_NAMES_MAX = 200  # comparing takes time


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """Give ``; did you mean 'x'?`` when something allowed is near, else nothing."""
    return _nearest(name[:80], frozenset(allowed))


@lru_cache(maxsize=256)  # one slip is often made in many services
def _nearest(name: str, allowed: frozenset[str]) -> str:
    if len(allowed) > _NAMES_MAX:
        return ""
    near = get_close_matches(name, sorted(allowed), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown_key(key: str, allowed: Iterable[str], known: Iterable[str]) -> str:
    """Say what is wrong with *key*, where *allowed* may stand and Compose also has *known*."""
    if key in known:
        return f"the key `{key}` is not supported yet"
    allowed = sorted(allowed)
    hint = suggestion(key, allowed)
    if not hint and len(allowed) <= 12:  # noqa: PLR2004 - what fits a line
        names = ", ".join(allowed)
        hint = f"; allowed here: {names}" if names else "; no key is allowed here"
    return f"the key `{key}` is unknown{hint}"

"""The bodies that make networks and volumes, builds, and commands in a running container."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from sandbox.policy.fault import Fault, entries, table, unknown
from sandbox.policy.mounts import LOCAL_DRIVERS, driver_option_faults
from sandbox.policy.namespaces import network_reference_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.policy.own import Own

_NETWORK: Final = frozenset(
    {
        *("Attachable", "CheckDuplicate", "Driver", "EnableIPv4", "EnableIPv6", "IPAM"),
        *("Internal", "Labels", "Name", "Options"),
    }
)
_NETWORK_DRIVERS: Final = frozenset({"", "default", "bridge", "overlay"})
_IPAM_DRIVERS: Final = frozenset({"", "default", "null"})
_NETWORK_OPTIONS: Final = frozenset(
    {
        "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade",
        "com.docker.network.container_iface_prefix",
        "com.docker.network.driver.mtu",
        "encrypted",
    }
)
_GATEWAY_MODES: Final = frozenset({"nat", "isolated"})
_VOLUME: Final = frozenset({"Driver", "DriverOpts", "Labels", "Name"})
_EXEC: Final = frozenset(
    {
        *("AttachStderr", "AttachStdin", "AttachStdout", "Cmd", "ConsoleSize", "Container"),
        *("Detach", "DetachKeys", "Env", "Privileged", "Tty", "User", "WorkingDir"),
    }
)


def network_body_faults(body: Mapping[str, object]) -> Iterator[Fault]:
    """Judge the body of ``POST /networks/create``."""
    yield from unknown(body, _NETWORK, "")
    driver = str(body.get("Driver") or "")
    if driver not in _NETWORK_DRIVERS:
        yield Fault(key="driver", value=driver, what=f"the network driver {driver}")
    ipam = table(body.get("IPAM"))
    manager = str(ipam.get("Driver") or "")
    if manager not in _IPAM_DRIVERS:
        yield Fault(key="ipam", value=manager, what=f"the address manager {manager}")
    for name, value in sorted(table(body.get("Options")).items()):
        if not _is_harmless_option(name, str(value)):
            text = f"{name}={value}"
            yield Fault(key="driver_opts", value=text, what=f"the network option {text}")


def volume_body_faults(body: Mapping[str, object]) -> Iterator[Fault]:
    """Judge the body of ``POST /volumes/create``."""
    yield from unknown(body, _VOLUME, "")
    driver = str(body.get("Driver") or "")
    if driver not in LOCAL_DRIVERS:
        yield Fault(key="driver", value=driver, what=f"the volume driver {driver}")
    yield from driver_option_faults(driver, body.get("DriverOpts"), "driver_opts")


def build_faults(query: Mapping[str, object], own: Own) -> Iterator[Fault]:
    """Judge the parameters of ``POST /build``, those that reach out of the build."""
    mode = str(query.get("networkmode") or "")
    yield from network_reference_faults(mode, own, "build.network")
    for name, key in {
        "cgroupparent": "build.cgroup_parent",
        "entitlements": "build.entitlements",
        "privileged": "build.privileged",
        "securityopt": "build.security_opt",
    }.items():
        for value in entries(query.get(name)):
            yield Fault(key=key, value=str(value), what=f"{key}: {value}")


def exec_faults(body: Mapping[str, object], key: str) -> Iterator[Fault]:
    """Judge the body of ``POST /containers/{id}/exec`` of the hook *key*."""
    yield from unknown(body, _EXEC, "")
    if body.get("Privileged"):
        what = f"{key} with privileged: true"
        yield Fault(key=key, what=what, sought=("privileged=true",))


def _is_harmless_option(name: str, value: str) -> bool:
    if name.startswith("com.docker.network.bridge.gateway_mode_ipv"):
        return value in _GATEWAY_MODES
    if name == "com.docker.network.bridge.host_binding_ipv4":
        try:
            return ip_address(value).is_loopback
        except ValueError:
            return False
    return name in _NETWORK_OPTIONS

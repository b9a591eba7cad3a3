"""
Where people reach what an environment publishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.model.service import Port

_SCHEMES: Final = {
    443: "https",
    8443: "https",
    3306: "mysql",
    5432: "postgresql",
    5672: "amqp",
    6379: "redis",
    27017: "mongodb",
}
_EVERY_ADDRESS: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- shown, never bound


def urls(desired: DesiredState) -> tuple[str, ...]:
    """
    Addresses of all published TCP ports with a fixed number: those for a browser first.
    """
    found = {
        (not _scheme(port).startswith("http"), port.published, _url(port))
        for service in desired.services
        if service.replicas
        for port in service.ports
        if port.published and port.protocol == "tcp"
    }
    return tuple(url for _, _, url in sorted(found))


def _scheme(port: Port) -> str:
    return _SCHEMES.get(port.target, "http")


def _url(port: Port) -> str:
    address = _EVERY_ADDRESS.get(port.host_ip, port.host_ip)
    host = f"[{address}]" if ":" in address else address
    return f"{_scheme(port)}://{host}:{port.published}"

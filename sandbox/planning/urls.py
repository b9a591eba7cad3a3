"""
Where people reach what an environment publishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.planning.host_ports import host_ports

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
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


def urls(desired: DesiredState, observed: ObservedState | None = None) -> tuple[str, ...]:
    """
    Addresses of all published TCP ports with a fixed number: those for a browser first.

    Args:
        desired: As committed.
        observed: Says which of them are somewhere else, for another environment has that port, and
            which are nowhere; without it, they are where the file says.
    """
    given: dict[tuple[str, Port], Port | None] = {}
    if observed:
        given = {
            (each.service_name, each.wanted): each.given for each in host_ports(desired, observed)
        }
    found = {
        (not _scheme(port).startswith("http"), bound.published, _url(port, bound))
        for service in desired.services
        if service.replicas
        for port in service.ports
        if port.published and port.protocol == "tcp"
        for bound in [given.get((service.name, port), port)]
        if bound
    }
    return tuple(url for _, _, url in sorted(found))


def _scheme(port: Port) -> str:
    return _SCHEMES.get(port.target, "http")


def _url(port: Port, bound: Port) -> str:
    address = _EVERY_ADDRESS.get(bound.host_ip, bound.host_ip)
    host = f"[{address}]" if ":" in address else address
    return f"{_scheme(port)}://{host}:{bound.published}"

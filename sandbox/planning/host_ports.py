"""
Which ports of the host the ingress publishes: what the file wants, or one of its own instead.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from sandbox.model.service import Port
from sandbox.planning.labels import SERVICE, is_owned
from sandbox.planning.routes import INGRESS, Route, listener_ports, routes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState

OWN_PORTS: Final = range(20_000, 30_000)
"""Where an environment gets a port of its own when another one has what it wants."""
_TRIES: Final = 16
_EVERY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 -- compared, never bound


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPort:
    """
    One port of the host that the ingress is to publish.

    Attributes:
        wanted: As committed.
        given: What the ingress publishes, *target* being its own port inside; ``None`` when nobody
            of ours holds what is wanted, and somebody does.
        holder: Who holds what is wanted; empty when it is given as wanted.
        environment: The environment of ours that *holder* belongs to.
    """

    service_name: str
    wanted: Port
    given: Port | None
    holder: str = ""
    environment: str = ""

    @property
    def is_moved(self) -> bool:
        """
        It is not where the file says.
        """
        return self.given is not None and self.given.published != self.wanted.published


def host_ports(desired: DesiredState, observed: ObservedState) -> tuple[HostPort, ...]:
    """
    Say for every port that *desired*, as committed, routes where it is on the host, sorted.

    The first environment to ask for a port keeps it; the next gets one that follows from its name,
    the service and the port, or the next free one, and stays there while its ingress does.
    """
    wanted = _wanted(routes(desired))
    reserved = {port.published for each in desired.services for port in each.ports}
    bound = _bound(observed)
    found: list[HostPort] = []
    for inside, (name, port) in zip(listener_ports(len(wanted)), wanted, strict=True):
        given = _give(observed, name, port, bound, reserved)
        reserved |= {given.given.published} if given.given else set()
        found.append(
            replace(given, given=replace(given.given, target=inside)) if given.given else given
        )
    return tuple(found)


def asked_ports(desired: DesiredState) -> frozenset[int]:
    """
    TCP ports of the host that *desired* binds itself or through the ingress, as committed.
    """
    return frozenset(
        port.published
        for service in desired.services
        for port in service.ports
        if port.protocol == "tcp" and port.published
    )


def is_same_port(port: Port, bound: tuple[str, int, str]) -> bool:
    """
    Tell whether what is *bound*, ``(host_ip, port, protocol)``, is in the way of *port*.
    """
    host_ip, number, protocol = bound
    inside = port.published <= number <= max(port.published, port.published_end)
    addresses = {port.host_ip, host_ip}
    same_address = len(addresses) == 1 or bool(addresses & _EVERY_ADDRESS)
    return port.published > 0 and inside and protocol == port.protocol and same_address


def _wanted(found: Sequence[Route]) -> list[tuple[str, Port]]:
    # In an order that does not depend on who is behind a port: a port that changes its service
    # keeps its place, and the ingress its container.
    return sorted(
        ((route.service_name, port) for route in found for port in route.published),
        key=lambda each: (
            each[1].published == 0,
            each[1].host_ip,
            each[1].published,
            each[1].published_end,
            each[0],
            each[1].target,
        ),
    )


def _bound(observed: ObservedState) -> frozenset[int]:
    """
    Ports of the host that our ingress holds now.
    """
    return frozenset(
        number
        for container in observed.containers
        if is_owned(container.labels, observed.owner) and container.labels.get(SERVICE) == INGRESS
        for _, number, _ in container.host_ports
    )


def _give(
    observed: ObservedState, name: str, port: Port, bound: frozenset[int], reserved: set[int]
) -> HostPort:
    plain = HostPort(service_name=name, wanted=port, given=replace(port, app_protocol=""))
    # Of a range the engine chooses what is free.
    if not port.published or port.published_end > port.published or port.published in bound:
        return plain
    takers = [taken for taken in observed.taken_ports if is_same_port(port, taken.bound)]
    candidates = partial(_candidates, observed, name, port, reserved)
    kept = next((number for number in islice(candidates(), _TRIES) if number in bound), 0)
    ours = next((each for each in takers if each.environment), None)
    if not kept and not takers:
        return plain
    if not kept and not ours:
        return replace(plain, given=None, holder=takers[0].holder)
    used = {taken.bound[1] for taken in observed.taken_ports}
    number = kept or next((each for each in candidates() if each not in used), 0)
    return replace(
        plain,
        given=replace(port, published=number, published_end=number, app_protocol=""),
        holder=ours.holder if ours else "",
        environment=ours.environment if ours else "",
    )


def _candidates(
    observed: ObservedState, name: str, port: Port, reserved: Collection[int]
) -> Iterator[int]:
    owner = observed.owner
    text = f"{owner.instance}/{owner.environment}/{name}/{port.published}"
    start = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4])
    for step in range(len(OWN_PORTS)):
        number = OWN_PORTS[(start + step) % len(OWN_PORTS)]
        if number not in reserved:
            yield number

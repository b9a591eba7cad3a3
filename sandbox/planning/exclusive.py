"""
What only one container can have at a time: a port of the host, a fixed address, a device, a volume.

The one that goes releases it before another one claims it. Names are handed over in `plan_repairs`,
subnets in `subnet_claims`. A device and a volume can be shared: they are handed over only when the
service that had them does not ask for them any more.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from sandbox.compose.surge import written_volumes
from sandbox.planning.host_ports import is_same_port
from sandbox.planning.labels import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.slot import Slot


def claimed(
    container: ObservedContainer, slot: Slot, slots: Mapping[str, tuple[Slot, ...]]
) -> tuple[str, ...]:
    """
    Name what *container* has now and a start of *slot* asks for, for people.

    *slots* are all that are not held, by service name.
    """
    ports = [
        f"port {host_ip}:{number}/{protocol}"
        for host_ip, number, protocol in container.host_ports
        if any(is_same_port(each, (host_ip, number, protocol)) for each in slot.service.ports)
    ]
    return (*ports, *addresses_in_the_way(container, slot), *_taken_over(container, slot, slots))


def addresses_in_the_way(container: ObservedContainer, slot: Slot) -> list[str]:
    """
    Name the addresses that *container* has now and that *slot* asks for.
    """
    return [
        f"address {address}"
        for each in slot.spec.endpoints
        for address in (each.ipv4_address, each.ipv6_address, each.mac_address)
        if address and _plain(address) in _addresses(container, each.network_name)
    ]


def _addresses(container: ObservedContainer, network: str) -> set[str]:
    ipv4 = container.addresses.get(network)
    return {_plain(each) for each in (*container.other_addresses.get(network, ()), ipv4) if each}


def _plain(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address.lower().replace("-", ":")


def _taken_over(
    container: ObservedContainer, slot: Slot, slots: Mapping[str, tuple[Slot, ...]]
) -> list[str]:
    """
    Devices and volumes that *slot* asks for, and that the service of *container* gave up.
    """
    service_name = container.labels.get(SERVICE, "")
    if service_name == slot.service.name:
        return []
    had = {*container.devices, *container.volumes.values()}
    kept = {each for own in slots.get(service_name, ())[:1] for each in _shareable(own)}
    return [words for name, words in _shareable(slot).items() if name in had - kept]


def _shareable(slot: Slot) -> dict[str, str]:
    """
    What people call each device and volume that *slot* uses, by its name on the engine.
    """
    devices = {each.source: f"device {each.source}" for each in slot.service.devices.mapped}
    names = slot.spec.volume_names
    return devices | {names[key]: f"volume {key}" for key in written_volumes(slot.service)}

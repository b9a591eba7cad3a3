"""
What a container is created from, down to exact names and labels.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sandbox.model.action import ContainerSpec, Endpoint
from sandbox.model.service import VolumeMount
from sandbox.planning.contents import service_contents
from sandbox.planning.field_label import label_fields, secret_fields
from sandbox.planning.fingerprint import digest, service_fields
from sandbox.planning.labels import container_labels
from sandbox.planning.names import INGRESS, container_name, network_name, volume_name
from sandbox.planning.same import Same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Owner
    from sandbox.model.service import Attachment, Service


FOLLOWS: Final = "service:"


def container_spec(
    owner: Owner, desired: DesiredState, service: Service, replica: int
) -> ContainerSpec:
    """
    Say exactly what container *replica* (one-based) of *service* is created from.

    What it shares with another service is shared with that one's first container.
    """
    return _container_spec(owner, Same(desired), Same(service), replica)


@lru_cache(maxsize=512)  # of one commit it is asked for several times in every look
def _container_spec(
    owner: Owner, desired: Same[DesiredState], service: Same[Service], replica: int
) -> ContainerSpec:
    followed = {
        name: _followed_spec(owner, desired.value, name, (service.value.name,))
        for name in followed_services(service.value)
    }
    return _spec(owner, desired.value, service.value, replica, followed)


def followed_services(service: Service) -> tuple[str, ...]:
    """
    Names of the services whose namespaces or mounts *service* shares, sorted.
    """
    names = {*namespace_leaders(service)}
    return tuple(sorted(names | {each.service_name for each in service.volumes_from} - {""}))


def namespace_leaders(service: Service) -> tuple[str, ...]:
    """
    Names of the services whose namespaces *service* shares, sorted.
    """
    shared = service.namespaces
    modes = (shared.network, shared.ipc, shared.pid)
    return tuple(sorted({mode.removeprefix(FOLLOWS) for mode in modes if mode.startswith(FOLLOWS)}))


def _followed_spec(
    owner: Owner, desired: DesiredState, name: str, followers: tuple[str, ...]
) -> ContainerSpec:
    """
    Give the spec of the first container of the service *name*.

    The loader lets nobody follow in a circle; *followers* makes sure that a bug ends.
    """
    service = next((each for each in desired.services if each.name == name), None)
    assert service is not None, f"{followers[-1]} follows {name}, which is not there"
    assert name not in followers, f"{name} follows itself"
    followed = {
        other: _followed_spec(owner, desired, other, (*followers, name))
        for other in followed_services(service)
    }
    return _spec(owner, desired, service, 1, followed)


def _spec(
    owner: Owner,
    desired: DesiredState,
    service: Service,
    replica: int,
    followed: Mapping[str, ContainerSpec],
) -> ContainerSpec:
    network_names = {each.key: network_name(owner, each) for each in desired.networks}
    mounted = {each.volume for each in service.mounts if isinstance(each, VolumeMount)} - {""}
    volume_names = {
        each.key: volume_name(owner, each) for each in desired.volumes if each.key in mounted
    }
    volume_names |= {each.key: each.name for each in service_contents(owner, service)}
    fields = service_fields(
        # Services come and go: the ingress is attached to their networks as it runs.
        replace(service, attachments=()) if service.name == INGRESS else service,
        network_names=network_names,
        volume_names=volume_names,
        followed={name: spec.spec_hash for name, spec in followed.items()},
    )
    spec_hash = digest(fields)
    return ContainerSpec(
        name=service.container_name or container_name(owner, service.name, replica, spec_hash),
        service=service,
        replica=replica,
        labels=container_labels(
            owner,
            service,
            replica,
            spec_hash=spec_hash,
            fields=label_fields(fields, secret_fields(service)),
            revision=desired.revision,
            release=desired.release,
        ),
        endpoints=tuple(
            _endpoint(service, each, network_names.get(each.network, each.network))
            for each in service.attachments
        ),
        volume_names=volume_names,
        followed={name: spec.name for name, spec in followed.items()},
        spec_hash=spec_hash,
        fields=fields,
    )


def _endpoint(service: Service, attachment: Attachment, network: str) -> Endpoint:
    return Endpoint(
        network_name=network,
        aliases=tuple(sorted({*([service.name] * attachment.named), *attachment.aliases})),
        ipv4_address=attachment.ipv4_address,
        ipv6_address=attachment.ipv6_address,
        link_local_ips=attachment.link_local_ips,
        links=service.external_links,
        mac_address=attachment.mac_address,
        driver_opts=attachment.driver_opts,
        gw_priority=attachment.gw_priority,
    )

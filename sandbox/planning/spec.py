"""
What a container is created from, down to exact names and labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import ContainerSpec, Endpoint
from sandbox.model.service import VolumeMount
from sandbox.planning.fingerprint import digest, mask, secret_fields, service_fields
from sandbox.planning.labels import container_labels
from sandbox.planning.names import container_name, network_name, volume_name

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Owner
    from sandbox.model.service import Service


def container_spec(
    owner: Owner, desired: DesiredState, service: Service, replica: int
) -> ContainerSpec:
    """
    Say exactly what container *replica* (one-based) of *service* is created from.
    """
    network_names = {each.key: network_name(owner, each) for each in desired.networks}
    mounted = {each.volume for each in service.mounts if isinstance(each, VolumeMount)}
    volume_names = {
        each.key: volume_name(owner, each) for each in desired.volumes if each.key in mounted
    }
    fields = service_fields(service, network_names=network_names, volume_names=volume_names)
    spec_hash = digest(fields)
    return ContainerSpec(
        name=container_name(owner, service.name, replica, spec_hash),
        service=service,
        replica=replica,
        labels=container_labels(
            owner,
            service,
            replica,
            spec_hash=spec_hash,
            fields=mask(fields, secret_fields(service)),
            revision=desired.revision,
            release=desired.release,
        ),
        endpoints=tuple(
            Endpoint(
                network_name=network_names.get(each.network, each.network),
                aliases=tuple(sorted({service.name, *each.aliases})),
                ipv4_address=each.ipv4_address,
            )
            for each in service.attachments
        ),
        volume_names=volume_names,
        spec_hash=spec_hash,
    )

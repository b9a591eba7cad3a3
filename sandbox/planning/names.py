"""
Names on the engine: deterministic, so that a create whose answer was lost can be recognised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sandbox.model.desired import Network, Volume
    from sandbox.model.observed import Owner

INGRESS: Final = "sandbox-ingress"
"""Name of the service that is added to every environment with a routed port."""
_NOT_ALLOWED = re.compile(r"[^a-z0-9_-]+")


def normalise(text: str) -> str:
    """
    Reduce *text* to what a project name may hold: lower case, digits, ``_`` and ``-``.

    Source:
        compose-go ``NormalizeProjectName``; an empty rest becomes ``app``.
    """
    return _NOT_ALLOWED.sub("", text.lower()).lstrip("_-") or "app"


def project_name(owner: Owner) -> str:
    """
    Name of the Compose project of one environment; the prefix of all its objects.
    """
    application, environment = normalise(owner.application), normalise(owner.environment)
    return f"{application}-{environment}-{owner.instance[:6]}"


def network_name(owner: Owner, network: Network) -> str:
    """
    Exact name of a network: that of the file, the key of an external one, or ours.
    """
    return _resource_name(owner, network)


def volume_name(owner: Owner, volume: Volume) -> str:
    """
    Exact name of a volume: that of the file, the key of an external one, or ours.
    """
    return _resource_name(owner, volume)


def container_name(owner: Owner, service_name: str, replica: int, spec_hash: str) -> str:
    """
    Name of a container; two specs never share one, so that old and new can live side by side.
    """
    return f"{project_name(owner)}-{service_name}-{replica}-{spec_hash[:8]}"


def aside_name(owner: Owner, container_id: str) -> str:
    """
    Name for a container of ours that holds a name which another one needs.
    """
    return f"{project_name(owner)}-aside-{container_id[:12]}"


def slot_name(service_name: str, replica: int) -> str:
    """
    What people call one container of a service: ``web-1``.
    """
    return f"{service_name}-{replica}"


def _resource_name(owner: Owner, resource: Network | Volume) -> str:
    if resource.name:
        return resource.name
    if resource.external:
        return resource.key
    return f"{project_name(owner)}_{resource.key}"

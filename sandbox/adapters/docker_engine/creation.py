"""
Create containers, networks and volumes, or adopt those that an interrupted run of ours left.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from docker.utils import version_lt

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.errors import CONFLICT, port_taken, status_of, words_of
from sandbox.adapters.docker_engine.inspection import attached_networks, observed_container
from sandbox.adapters.docker_engine.post import post
from sandbox.adapters.docker_engine.shapes import (
    CREATED,
    NETWORKS,
    VOLUME,
    refuse_misfit,
    understanding,
)
from sandbox.adapters.docker_engine.snapshot import inspect, inspect_volume, list_containers
from sandbox.adapters.docker_engine.text import plain
from sandbox.errors import EngineError, ImplausibleError
from sandbox.planning import labels
from sandbox.planning.api_version import container_needs
from sandbox.planning.payload import container_payload, network_payload, volume_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.action import ContainerSpec, CreateNetwork, CreateVolume, Endpoint

_ALL_NETWORKS_AT_CREATE = "1.44"
_PART_OF_A_VOLUME = "1.45"
_OWNER_KEYS = (labels.INSTANCE, labels.APP, labels.ENVIRONMENT, labels.TAG)
_SPEC_KEYS = (*_OWNER_KEYS, labels.SERVICE, labels.SPEC)


def create_container(
    connections: Connections, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
) -> str:
    """Create a container on all its networks, or complete and adopt the one of that name."""
    at_create = spec.endpoints
    if version_lt(connections.version(), _ALL_NETWORKS_AT_CREATE):
        at_create = spec.endpoints[:1]
    lacking = container_needs(spec, connections.version())
    if lacking:
        raise EngineError(f"cannot create container {spec.name}: {lacking}")
    payload = container_payload(spec, at_create)
    if version_lt(connections.version(), _PART_OF_A_VOLUME):
        payload = with_paths(payload, partial(_folder_of, connections))
    platform = spec.service.platform or None
    try:
        with connections.calling(f"create container {spec.name}", timeout_s=CHANGE_S) as api:
            created = api.create_container_from_config(payload, spec.name, platform)
        refuse_misfit(f"create container {spec.name}", created, CREATED)
        container_id: str = created["Id"]
        if on_warning is not None:
            for warning in created.get("Warnings") or ():
                on_warning(plain(warning))
    except EngineError as error:
        if status_of(error) != CONFLICT:
            raise
        return _adopt_container(connections, spec, error)
    for endpoint in spec.endpoints[len(at_create) :]:
        connect(connections, container_id, endpoint)
    return container_id


def connect(connections: Connections, container_id: str, endpoint: Endpoint) -> None:
    """Attach a container to a network; one that is attached already is fine."""
    doing = f"connect container {container_id[:12]} to network {endpoint.network_name}"
    try:
        with connections.calling(doing, timeout_s=CHANGE_S) as api:
            api.connect_container_to_network(
                container_id,
                endpoint.network_name,
                ipv4_address=endpoint.ipv4_address or None,
                ipv6_address=endpoint.ipv6_address or None,
                link_local_ips=list(endpoint.link_local_ips) or None,
                links=[tuple(link.split(":", 1)) for link in endpoint.links] or None,
                driver_opt=dict(endpoint.driver_opts) or None,
                mac_address=endpoint.mac_address or None,
                aliases=list(endpoint.aliases),
            )
    except EngineError as error:
        if "already exists in network" not in error.message:
            raise
        inspected = inspect(connections, container_id)
        if inspected is None or endpoint.network_name not in attached_networks(inspected):
            raise


def with_port_holder(connections: Connections, error: EngineError) -> EngineError:
    """Name the container that holds the port when a start failed because the port is taken."""
    taken = port_taken(words_of(error.__cause__)) if error.__cause__ else ""
    port = taken.rpartition(":")[2]
    if not port:
        return error
    holders = [
        entry["Names"][0].removeprefix("/")
        for entry in list_containers(connections, stopped=False)
        if entry.get("Names")
        and any(str(bound.get("PublicPort")) == port for bound in entry.get("Ports") or ())
    ]
    if not holders:
        return error
    return EngineError(
        f"{error.message} by container {holders[0]}",
        remedy=f"docker stop {holders[0]}, or publish another port",
        temporary=error.temporary,
    )


def create_network(connections: Connections, action: CreateNetwork) -> str:
    """Create a network, or adopt the one of that name with our labels; return its id."""
    payload = network_payload(action)
    try:
        with connections.calling(f"create network {action.name}", timeout_s=CHANGE_S) as api:
            created = post(api, "/networks/create", payload)
        refuse_misfit(f"create network {action.name}", created, CREATED)
    except EngineError as error:
        if status_of(error) != CONFLICT:
            raise
        return _adopt_network(connections, action, error)
    return str(created["Id"])


def create_volume(connections: Connections, action: CreateVolume) -> None:
    """Create a volume, or adopt the one of that name with our labels."""
    # The engine's create answers with an existing volume as if it were new: look first.
    existing = inspect_volume(connections, action.name)
    if existing is None:
        with connections.calling(f"create volume {action.name}", timeout_s=CHANGE_S) as api:
            existing = post(api, "/volumes/create", volume_payload(action))
        refuse_misfit(f"create volume {action.name}", existing, VOLUME)
    if not _same(existing.get("Labels"), action.labels, _OWNER_KEYS):
        raise _taken("volume", action.name)


def with_paths(payload: Json, folder_of: Callable[[str], str]) -> Json:
    """
    Mount parts of volumes by their path on the engine's machine, which *folder_of* gives.

    Only newer engines mount a part of a volume by themselves. The path is the engine's own, so that
    this holds for one on another machine, too.
    """
    config: Json = payload["HostConfig"]
    given: list[Json] = config.get("Mounts") or []
    if not any(map(_part, given)):
        return payload
    mounts = [_by_path(mount, folder_of) if _part(mount) else mount for mount in given]
    return {**payload, "HostConfig": {**config, "Mounts": mounts}}


def _by_path(mount: Json, folder_of: Callable[[str], str]) -> Json:
    return {
        "Type": "bind",
        "Source": f"{folder_of(mount['Source'])}/{_part(mount)}",
        "Target": mount["Target"],
        "ReadOnly": mount["ReadOnly"],
    }


def _part(mount: Json) -> str:
    options: Json = mount.get("VolumeOptions") or {}
    return options.get("Subpath") or ""


def _folder_of(connections: Connections, volume: str) -> str:
    found = inspect_volume(connections, volume)
    if found is None:
        message = f"the volume {volume} was removed before its files could be mounted"
        raise EngineError(message, temporary=True)
    folder: str = found["Mountpoint"]
    return folder


def _adopt_container(connections: Connections, spec: ContainerSpec, refused: EngineError) -> str:
    inspected = inspect(connections, spec.name)
    if inspected is None or inspected["State"]["Status"] in {"removing", "dead"}:
        raise EngineError(
            f"cannot create container {spec.name}: one of that name is being removed",
            temporary=True,
        ) from refused
    carried = inspected["Config"].get("Labels")
    with understanding(f"inspect container {spec.name}"):
        started = observed_container(inspected).started_at > 0
    if started and _same(carried, spec.labels, [key for key in _SPEC_KEYS if key != labels.TAG]):
        # What a create left whose answer was lost has never been started: the list was wrong.
        raise ImplausibleError(
            f"container {spec.name} is there, and yet the engine's list was without it;"
            " sandbox looks again before it acts"
        ) from refused
    if not _same(carried, spec.labels, _SPEC_KEYS):
        raise _taken("container", spec.name) from refused
    container_id: str = inspected["Id"]
    attached = attached_networks(inspected)
    for endpoint in spec.endpoints:
        if endpoint.network_name not in attached:
            connect(connections, container_id, endpoint)
    return container_id


def _adopt_network(connections: Connections, action: CreateNetwork, refused: EngineError) -> str:
    found = connections.read(
        f"look for network {action.name}", lambda api: api.networks(names=[action.name]), NETWORKS
    )
    # The engine's filter finds parts of names, too.
    named = [entry for entry in found if entry["Name"] == action.name]
    if not named:
        raise EngineError(
            f"cannot create network {action.name}: one of that name was just removed",
            temporary=True,
        ) from refused
    if not _all_ours(named, action.labels):
        raise _taken("network", action.name) from refused
    return str(named[0]["Id"])


def _all_ours(entries: Sequence[Json], expected: Mapping[str, str]) -> bool:
    return all(_same(entry.get("Labels"), expected, _OWNER_KEYS) for entry in entries)


def _same(
    carried: Mapping[str, str] | None, expected: Mapping[str, str], keys: Sequence[str]
) -> bool:
    """Tell whether an object carries the labels that we would have given it."""
    return labels.INSTANCE in expected and all(
        (carried or {}).get(key) == expected.get(key) for key in keys
    )


def _taken(kind: str, name: str) -> EngineError:
    return EngineError(
        f"the name {name} is taken by a {kind} that is not ours",
        remedy=f"look at it with: docker {kind} inspect {name}; rename or remove it",
        temporary=True,
    )

"""
One complete look at what an owner has on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.errors import NOT_FOUND, status_of
from sandbox.adapters.docker_engine.inspection import observed_container
from sandbox.errors import EngineError
from sandbox.model.observed import (
    ObservedContainer,
    ObservedNetwork,
    ObservedState,
    ObservedVolume,
    TakenPort,
)
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from concurrent.futures import Executor

    from sandbox.adapters.docker_engine.api import Api, Json
    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.observed import Owner


def observe(
    connections: Connections, pool: Executor, owner: Owner, references: Collection[str]
) -> ObservedState:
    """
    Look at containers, networks, volumes and the images *references*, all or nothing.

    One list of each kind says what is ours and what is not; then each container of ours is
    inspected. One that went away in between is absent, any other failure fails the whole look.

    Raises:
        EngineError: Something could not be read; there is no partial state.
    """
    networks = pool.submit(connections.read, "list networks", lambda api: api.networks())
    volumes = pool.submit(connections.read, "list volumes", lambda api: api.volumes())
    wanted = sorted(set(references))
    images = [pool.submit(image_id, connections, reference) for reference in wanted]
    containers = connections.read("list containers", lambda api: api.containers(all=True))
    inspected = [
        pool.submit(inspect_container, connections, entry["Id"])
        for entry in containers
        if is_owned(entry, owner)
    ]
    listed = _Listed(
        containers=containers,
        networks=networks.result(),
        volumes=volumes.result().get("Volumes") or (),
    )
    found = [future.result() for future in inspected]
    ids = [future.result() for future in images]
    return ObservedState(
        owner=owner,
        containers=tuple(sorted((one for one in found if one), key=lambda one: one.name)),
        networks=_networks(listed, owner),
        volumes=_volumes(listed, owner),
        images={reference: id_ for reference, id_ in zip(wanted, ids, strict=True) if id_},
        foreign_names=_foreign_names(listed, owner),
        used_subnets=_used_subnets(listed),
        taken_ports=_taken_ports(listed, owner),
    )


def inspect_container(connections: Connections, container_id: str) -> ObservedContainer | None:
    """Look at one container; ``None`` when it is gone."""
    inspected = inspect(connections, container_id)
    return observed_container(inspected) if inspected else None


def inspect(connections: Connections, container: str) -> Json | None:
    """Give the engine's whole answer on a container by id or name; ``None`` when there is none."""
    return _if_there(
        connections, f"inspect container {container}", lambda api: api.inspect_container(container)
    )


def inspect_volume(connections: Connections, name: str) -> Json | None:
    """Give the engine's whole answer on a volume; ``None`` when there is none."""
    return _if_there(connections, f"inspect volume {name}", lambda api: api.inspect_volume(name))


def image_id(connections: Connections, reference: str) -> str:
    """Id of the image that *reference* names; empty when there is none."""
    found = _if_there(
        connections, f"inspect image {reference}", lambda api: api.inspect_image(reference)
    )
    return found["Id"] if found else ""


def is_owned(entry: Json, owner: Owner) -> bool:
    """Tell whether an object of a list carries the labels of *owner*."""
    carried = _labels(entry)
    return (
        carried.get(labels.INSTANCE) == owner.instance
        and carried.get(labels.ENVIRONMENT) == owner.environment
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """Everything on the engine, ours and foreign."""

    containers: Sequence[Json]
    networks: Sequence[Json]
    volumes: Sequence[Json]


def _if_there(connections: Connections, doing: str, call: Callable[[Api], Json]) -> Json | None:
    try:
        return connections.read(doing, call)
    except EngineError as error:
        if status_of(error) == NOT_FOUND:
            return None
        raise


def _networks(listed: _Listed, owner: Owner) -> tuple[ObservedNetwork, ...]:
    attached: dict[str, list[str]] = {}
    for container in listed.containers:
        # Unlike the inspect of a network, this knows containers that do not run.
        settings: Json = container.get("NetworkSettings") or {}
        networks: Json = settings.get("Networks") or {}
        for name in networks:
            attached.setdefault(name, []).append(container["Id"])
    return tuple(
        ObservedNetwork(
            id=entry["Id"],
            name=entry["Name"],
            labels=dict(entry["Labels"] or {}),
            subnets=_subnets(entry),
            endpoints=tuple(sorted(attached.get(entry["Name"], ()))),
        )
        for entry in sorted(listed.networks, key=lambda entry: (entry["Name"], entry["Id"]))
        if is_owned(entry, owner)
    )


def _volumes(listed: _Listed, owner: Owner) -> tuple[ObservedVolume, ...]:
    return tuple(
        ObservedVolume(name=entry["Name"], labels=dict(entry["Labels"] or {}))
        for entry in sorted(listed.volumes, key=lambda entry: entry["Name"])
        if is_owned(entry, owner)
    )


def _foreign_names(listed: _Listed, owner: Owner) -> dict[str, frozenset[str]]:
    return {
        "container": frozenset(
            name.removeprefix("/")
            for entry in listed.containers
            if not is_owned(entry, owner)
            for name in entry.get("Names") or ()
            # A name with a second slash is a link, not the name of a container.
            if name.count("/") == 1
        ),
        "network": frozenset(
            entry["Name"] for entry in listed.networks if not is_owned(entry, owner)
        ),
        "volume": frozenset(
            entry["Name"] for entry in listed.volumes if not is_owned(entry, owner)
        ),
    }


def _taken_ports(listed: _Listed, owner: Owner) -> tuple[TakenPort, ...]:
    """Ports that containers of anybody else publish now, those of our other environments too."""
    found = {
        (port.get("IP", ""), port["PublicPort"], port["Type"]): entry
        for entry in listed.containers
        if not is_owned(entry, owner) and entry.get("Names")
        for port in entry.get("Ports") or ()
        if port.get("PublicPort")
    }
    return tuple(
        TakenPort(
            bound=bound,
            holder=f"container {entry['Names'][0].removeprefix('/')}",
            environment=_labels(entry).get(labels.ENVIRONMENT, ""),
        )
        for bound, entry in sorted(found.items(), key=itemgetter(0))
    )


def _used_subnets(listed: _Listed) -> tuple[str, ...]:
    return tuple(sorted({subnet for entry in listed.networks for subnet in _subnets(entry)}))


def _subnets(network: Json) -> tuple[str, ...]:
    ipam: Json = network.get("IPAM") or {}
    configs: list[Json] = ipam.get("Config") or []
    return tuple(config["Subnet"] for config in configs if config.get("Subnet"))


def _labels(entry: Json) -> dict[str, str]:
    labels: dict[str, str] = entry.get("Labels") or {}
    return labels

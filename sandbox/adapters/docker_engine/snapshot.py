"""
One complete look at what an owner has on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.errors import NOT_FOUND, status_of
from sandbox.adapters.docker_engine.inspection import (
    ended_before,
    epoch_s,
    mounted_volumes,
    namespace_owners,
    observed_container,
)
from sandbox.adapters.docker_engine.shapes import (
    CONTAINER,
    IMAGE,
    LISTED_CONTAINERS,
    NETWORKS,
    VOLUME,
    VOLUMES,
    understanding,
)
from sandbox.errors import EngineError, ImplausibleError
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
    from sandbox.adapters.docker_engine.shapes import Shape
    from sandbox.model.observed import Owner


_LEAVING = ("removing", "dead")
"""States in which a container is in one answer and no longer in another."""


def observe(
    connections: Connections,
    pool: Executor,
    owner: Owner,
    references: Collection[str],
) -> ObservedState:
    """
    Look at containers, networks, volumes and the images *references*, all or nothing.

    One list of each kind says what is ours and what is not; then each container of ours is
    inspected. One that went away in between is absent, any other failure fails the whole look.

    Raises:
        EngineError: Something could not be read; there is no partial state.
        ImplausibleError: What is listed is not found.
    """
    networks = pool.submit(list_networks, connections)
    volumes = pool.submit(list_volumes, connections)
    wanted = sorted(set(references))
    images = [pool.submit(image_id, connections, reference) for reference in wanted]
    containers = list_containers(connections)
    ours = [entry["Id"] for entry in containers if is_owned(entry, owner)]
    inspected = [pool.submit(inspect, connections, each) for each in ours]
    listed = _Listed(containers=containers, networks=networks.result(), volumes=volumes.result())
    answers = [future.result() for future in inspected]
    found = [answer for answer in answers if answer]
    ids = [future.result() for future in images]
    _refuse_unknown(connections, {id_ for id_, one in zip(ours, answers, strict=True) if not one})
    with understanding("read what the engine has"):
        lost_at = _namespaces_lost(connections, pool, found)
        return ObservedState(
            owner=owner,
            containers=tuple(
                sorted(
                    (
                        replace(observed_container(one), namespace_lost_at=lost_at[one["Id"]])
                        for one in found
                    ),
                    key=lambda one: one.name,
                )
            ),
            networks=_networks(listed, owner),
            volumes=_volumes(listed, owner),
            images={reference: id_ for reference, id_ in zip(wanted, ids, strict=True) if id_},
            foreign_names=_foreign_names(listed, owner),
            used_subnets=_used_subnets(listed),
            taken_ports=_taken_ports(listed, owner),
            api_version=connections.version(),
            foreign_mounts=frozenset(
                name
                for entry in listed.containers
                if not is_owned(entry, owner)
                for name in mounted_volumes(entry).values()
            ),
        )


def inspect_container(connections: Connections, container_id: str) -> ObservedContainer | None:
    """Look at one container; ``None`` when it is gone."""
    inspected = inspect(connections, container_id)
    if inspected is None:
        return None
    with understanding(f"inspect container {container_id}"):
        return observed_container(inspected)


def list_containers(connections: Connections, *, stopped: bool = True) -> list[Json]:
    """Give the engine's list of containers; without those that do not run unless *stopped*."""
    return connections.read(
        "list containers", lambda api: api.containers(all=stopped), LISTED_CONTAINERS
    )


def inspect(connections: Connections, container: str) -> Json | None:
    """Give the engine's whole answer on a container by id or name; ``None`` when there is none."""
    doing = f"inspect container {container}"
    return _if_there(connections, doing, lambda api: api.inspect_container(container), CONTAINER)


def inspect_volume(connections: Connections, name: str) -> Json | None:
    """Give the engine's whole answer on a volume; ``None`` when there is none."""
    doing = f"inspect volume {name}"
    return _if_there(connections, doing, lambda api: api.inspect_volume(name), VOLUME)


def observed_network(entry: Json) -> ObservedNetwork:
    """Read what the engine's list says of one network; who is attached to it is not there."""
    return ObservedNetwork(
        id=entry["Id"],
        name=entry["Name"],
        labels=dict(entry.get("Labels") or {}),
        subnets=_subnets(entry),
        created_at=epoch_s(entry.get("Created") or ""),
    )


def observed_volume(entry: Json) -> ObservedVolume:
    """Read what the engine says of one volume, in a list or alone."""
    with understanding(f"read of volume {entry['Name']}"):
        created_at = epoch_s(entry.get("CreatedAt") or "")
    return ObservedVolume(
        name=entry["Name"], labels=dict(entry.get("Labels") or {}), created_at=created_at
    )


def image_labels(connections: Connections, reference: str) -> dict[str, str]:
    """Labels that containers inherit from an image; none when it is gone."""
    found = _inspect_image(connections, reference) or {}
    config: Json = found.get("Config") or {}
    return dict(config.get("Labels") or {})


def image_id(connections: Connections, reference: str) -> str:
    """Id of the image that *reference* names; empty when there is none."""
    found = _inspect_image(connections, reference)
    return found["Id"] if found else ""


def image_volumes(connections: Connections, reference: str) -> tuple[str, ...]:
    """Targets of the volumes that an image declares, sorted; none when it is gone."""
    found = _inspect_image(connections, reference) or {}
    config: Json = found.get("Config") or {}
    return tuple(sorted(config.get("Volumes") or ()))


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


def _refuse_unknown(connections: Connections, unknown: Collection[str]) -> None:
    """Refuse inspects that found no container while the list goes on to have it."""
    if not unknown:
        return
    listed = list_containers(connections)
    staying = {entry["Id"] for entry in listed if entry.get("State") not in _LEAVING}
    both = sorted(staying & set(unknown))
    if both:
        raise ImplausibleError(
            f"the engine lists container {both[0][:12]}, and yet finds none of that id;"
            " sandbox looks again before it acts"
        )


def list_networks(connections: Connections) -> list[Json]:
    """Give the engine's list of networks."""
    return connections.read("list networks", lambda api: api.networks(), NETWORKS)


def list_volumes(connections: Connections) -> list[Json]:
    """Give the engine's list of volumes."""
    found = connections.read("list volumes", lambda api: api.volumes(), VOLUMES)
    return found.get("Volumes") or []


def _if_there(
    connections: Connections, doing: str, call: Callable[[Api], Json], shape: Shape
) -> Json | None:
    try:
        return connections.read(doing, call, shape)
    except EngineError as error:
        if status_of(error) == NOT_FOUND:
            return None
        raise


def _inspect_image(connections: Connections, reference: str) -> Json | None:
    doing = f"inspect image {reference}"
    return _if_there(connections, doing, lambda api: api.inspect_image(reference), IMAGE)


def _namespaces_lost(
    connections: Connections, pool: Executor, found: Sequence[Json]
) -> dict[str, float]:
    """When the namespaces that each container shares were lost last, by its id."""
    known = {each["Id"]: each for each in found}
    shared = {each["Id"]: namespace_owners(each) for each in found}
    others = {other for owners in shared.values() for other in owners} - known.keys()
    asked = {other: pool.submit(inspect, connections, other) for other in sorted(others)}
    known |= {other: answer for other, each in asked.items() if (answer := each.result())}
    return {
        container_id: max((ended_before(known[each]) for each in owners & known.keys()), default=0)
        for container_id, owners in shared.items()
    }


def _networks(listed: _Listed, owner: Owner) -> tuple[ObservedNetwork, ...]:
    attached: dict[str, list[str]] = {}
    for container in listed.containers:
        # Unlike the inspect of a network, this knows containers that do not run.
        settings: Json = container.get("NetworkSettings") or {}
        networks: Json = settings.get("Networks") or {}
        for name in networks:
            attached.setdefault(name, []).append(container["Id"])
    return tuple(
        replace(observed_network(entry), endpoints=tuple(sorted(attached.get(entry["Name"], ()))))
        for entry in sorted(listed.networks, key=lambda entry: (entry["Name"], entry["Id"]))
        if is_owned(entry, owner)
    )


def _volumes(listed: _Listed, owner: Owner) -> tuple[ObservedVolume, ...]:
    return tuple(
        observed_volume(entry)
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

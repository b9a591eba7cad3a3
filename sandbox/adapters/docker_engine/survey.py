"""
Look at everything that carries the labels of any instance: what there is, and how large it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.adapters.docker_engine.shapes import understanding
from sandbox.adapters.docker_engine.snapshot import (
    inspect,
    list_containers,
    list_networks,
    list_volumes,
    observed_network,
    observed_volume,
)
from sandbox.model.observed import ContainerState, ObservedContainer, ObservedState, Owner
from sandbox.model.ownership import Usage
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections

MEASURE_S: Final = 60
"""Seconds for the engine to measure all of its volumes."""


def survey(connections: Connections) -> ObservedState:
    """
    List what carries the labels of any instance.

    Raises:
        EngineError: Something could not be read; there is no partial state.
    """
    containers = list_containers(connections)
    networks, volumes = list_networks(connections), list_volumes(connections)
    with understanding("read what the engine has"):
        return ObservedState(
            owner=Owner(instance="", application="", environment=""),
            containers=tuple(_container(entry) for entry in _labelled(containers)),
            networks=tuple(observed_network(entry) for entry in _labelled(networks)),
            volumes=tuple(observed_volume(entry) for entry in _labelled(volumes)),
        )


def usage(connections: Connections) -> Usage:
    """
    Measure what carries the labels of any instance.

    Raises:
        EngineError: The engine did not measure it in time.
    """
    with connections.calling("measure what is stored", timeout_s=MEASURE_S) as api:
        measured: Json = api.df()
    with understanding("measure what is stored"):
        return _usage(connections, measured)


def _usage(connections: Connections, measured: Json) -> Usage:
    containers = list(_labelled(measured.get("Containers") or ()))
    used = {entry.get("ImageID") for entry in containers}
    return Usage(
        logs=_logs(connections, containers),
        images={
            (entry.get("RepoTags") or [entry["Id"]])[0]: _own_size(entry)
            for entry in measured.get("Images") or ()
            if entry["Id"] in used or labels.RELEASE in (entry.get("Labels") or {})
        },
        volumes={
            entry["Name"]: size
            for entry in _labelled(measured.get("Volumes") or ())
            if (size := _volume_size(entry)) >= 0
        },
    )


def _own_size(image: Json) -> int:
    """What would be free without it: layers that other images have as well would stay."""
    return int((image.get("Size") or 0) - max(image.get("SharedSize") or 0, 0))


def _volume_size(volume: Json) -> int:
    """-1 where the volume's driver cannot tell."""
    usage: Json = volume.get("UsageData") or {}
    return int(usage.get("Size", -1))


def _labelled(entries: Iterable[Json]) -> Iterator[Json]:
    return (entry for entry in entries if labels.INSTANCE in (entry.get("Labels") or {}))


def _container(entry: Json) -> ObservedContainer:
    return ObservedContainer(
        id=entry["Id"],
        name=(entry.get("Names") or ["?"])[0].removeprefix("/"),
        labels=dict(entry["Labels"]),
        image_id=entry.get("ImageID") or "",
        state=ContainerState(entry.get("State") or "created"),
        created_at=float(entry.get("Created") or 0),
    )


def _logs(connections: Connections, containers: Iterable[Json]) -> dict[str, int] | None:
    """Sizes of the files that the engine writes, those that it rotated included."""
    found: dict[str, int] = {}
    for entry in containers:
        inspected = inspect(connections, entry["Id"])
        path = Path((inspected or {}).get("LogPath") or "")
        if not path.is_absolute():
            continue
        try:
            files = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
            size = sum(file.stat().st_size for file in files)
        except OSError:
            return None
        found[(entry.get("Names") or ["?"])[0].removeprefix("/")] = size
    return found

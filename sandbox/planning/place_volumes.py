"""
Anonymous volumes: ``volumes: [/data]`` and ``VOLUME`` of an image.

Each belongs to a place (service, replica, target), so that every container of that place mounts the
same one. Its name follows from the place and its labels say it. Versions before this one left such
volumes to the engine, which calls them by 64 hex digits and cannot label them later: an empty
volume of ours, with the place's name, then keeps that name in a label.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.action import CreateVolume
from sandbox.model.plan import Step
from sandbox.model.service import VolumeMount
from sandbox.planning.labels import (
    HOLDS,
    REPLICA,
    SERVICE,
    TARGET,
    is_owned,
    parse_container_labels,
    place_labels,
    place_project,
)
from sandbox.planning.names import slot_name
from sandbox.words import one_or_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sandbox.model.action import ContainerSpec
    from sandbox.model.observed import ObservedContainer, ObservedState, ObservedVolume
    from sandbox.planning.slot import Slot

_ENGINE_NAME: Final = re.compile(r"[0-9a-f]{64}")


def place_volume(labels: Mapping[str, str], target: str, holds: str = "") -> CreateVolume:
    """
    Give the volume at *target* of the place that a container with *labels* was made for.

    *holds* is the engine's name of the volume that has the data, if it is not this one.
    """
    kept = place_labels(labels) | {TARGET: target} | ({HOLDS: holds} if holds else {})
    return CreateVolume(name=_place_name(labels, target), driver="local", labels=kept)


def with_place_volumes(
    spec: ContainerSpec, carried: Mapping[str, str], image_volumes: Collection[str]
) -> ContainerSpec:
    """
    Name every anonymous volume of *spec*; *image_volumes* are the targets that its image declares.
    """
    service = spec.service
    targets = {mount.target for mount in service.mounts}
    wanted = {
        mount.target
        for mount in service.mounts
        if isinstance(mount, VolumeMount) and not mount.volume
    }
    # What another container mounts there is only known to the engine.
    if not service.volumes_from:
        wanted |= {posixpath.normpath(each) for each in image_volumes} - targets
    names = {
        target: carried.get(target) or _place_name(spec.labels, target) for target in sorted(wanted)
    }
    return replace(spec, anonymous_volumes=names)


def made_volumes(spec: ContainerSpec, carried: Mapping[str, str]) -> tuple[CreateVolume, ...]:
    """
    Volumes that are created before a container is created from *spec*; *carried* ones are there.
    """
    return tuple(
        place_volume(spec.labels, target)
        for target in spec.anonymous_volumes
        if target not in carried
    )


def carried_volumes(observed: ObservedState, slot: Slot) -> dict[str, str]:
    """
    Names of the volumes, by target, that the next container of *slot* takes over.

    What a container of the place mounts goes before what only a label remembers.
    """
    remembered = {
        each.labels[TARGET]: _data_name(each)
        for each in place_volumes(observed)
        if each.labels.get(SERVICE) == slot.service.name
        and each.labels.get(REPLICA) == str(slot.replica)
    }
    present = [slot.keep, *slot.surplus] if slot.keep else [*slot.surplus]
    # The one that started last has the newest data.
    present.sort(key=lambda each: (each.started_at, each.created_at, each.id))
    mounted = {target: name for each in present for target, name in engine_volumes(each).items()}
    return dict(sorted({**remembered, **mounted}.items()))


def moves_volume(observed: ObservedState, containers: Iterable[ObservedContainer]) -> bool:
    """
    Tell whether one of *containers* mounts a volume that its successor takes over.
    """
    names = {_data_name(each) for each in place_volumes(observed)}
    return any(engine_volumes(each) or names & {*each.volumes.values()} for each in containers)


def is_engine_name(name: str) -> bool:
    """
    Tell whether the engine itself chose the *name* of a volume.
    """
    return bool(_ENGINE_NAME.fullmatch(name))


def place_volumes(observed: ObservedState) -> tuple[ObservedVolume, ...]:
    """
    Anonymous volumes of ours, with or without a container.
    """
    return tuple(
        each
        for each in observed.volumes
        if each.labels.get(TARGET) and is_owned(each.labels, observed.owner)
    )


def engine_volumes(container: ObservedContainer) -> dict[str, str]:
    """
    Names, by target, of the volumes of *container* that the engine named.

    A folder that only holds copied files is none: its content is copied anew each time. Of a
    container that mounts the volumes of another one, only those count that the file declares.
    One of no service only helped to fill a volume, and has no data.
    """
    parsed = parse_container_labels(container.labels)
    if not parsed.service_name:
        return {}
    fields = parsed.fields
    copied: set[str] = set()
    if "read_only" in fields:
        files = (name.removeprefix("files.") for name in fields if name.startswith("files."))
        copied = {posixpath.dirname(file) for file in files}
    shares = any(name.startswith("volumes_from.") for name in fields)
    return {
        target: name
        for target, name in sorted(container.volumes.items())
        if is_engine_name(name)
        and (f"volumes.{target}" in fields or (target not in copied and not shares))
    }


def is_disposable(container: ObservedContainer, *, gate: bool = False) -> bool:
    """
    Tell whether the volumes that the engine named can go with *container*.

    Those of a gate can, which begins anew each time; nothing of another container ever can.
    """
    fields = parse_container_labels(container.labels).fields
    if any(name.startswith("volumes_from.") for name in fields):
        return False
    return gate or not engine_volumes(container)


def keep_steps(observed: ObservedState, containers: Iterable[ObservedContainer]) -> dict[str, Step]:
    """
    Remember every volume that only its container knows, by name of the volume that remembers it.
    """
    known = {each.name for each in observed.volumes}
    known |= observed.foreign_names.get("volume", frozenset())
    steps: dict[str, Step] = {}
    for container in containers:
        for action in _keepers(container):
            target = place_target(action.labels)
            step = Step(
                id=f"keep {target}",
                action=action,
                target=target,
                reason="its data is kept when the container goes",
            )
            if action.name not in known:
                steps.setdefault(action.name, step)
    return steps


def keep_waits(container: ObservedContainer, steps: Mapping[str, Step]) -> tuple[str, ...]:
    """
    Ids of those of *steps* that end before *container* can be removed.
    """
    names = [each.name for each in _keepers(container)]
    return tuple(sorted(steps[name].id for name in names if name in steps))


def engine_names(observed: ObservedState) -> dict[str, str]:
    """
    What people call the volumes of ours that the engine named, by that name.
    """
    labelled = {
        _data_name(each): place_target(each.labels)
        for each in place_volumes(observed)
        if _data_name(each) != each.name
    }
    mounted = {
        name: place_target({**each.labels, TARGET: target})
        for each in observed.containers
        if is_owned(each.labels, observed.owner)
        for target, name in engine_volumes(each).items()
    }
    return {**labelled, **mounted}


def place_target(labels: Mapping[str, str]) -> str:
    """
    What people call an anonymous volume with *labels*.
    """
    parsed = parse_container_labels(labels)
    return f"volume {labels[TARGET]} of {slot_name(parsed.service_name, parsed.replica)}"


def _keepers(container: ObservedContainer) -> list[CreateVolume]:
    return [
        place_volume(container.labels, target, holds=name)
        for target, name in engine_volumes(container).items()
    ]


def carried_words(carried: Mapping[str, str]) -> str:
    """
    Say which volumes move to a new container; empty when none does.
    """
    if not carried:
        return ""
    volumes = one_or_many(len(carried), "volume", "volumes")
    return f"it takes over the data of the anonymous {volumes} at {', '.join(carried)}"


def _data_name(volume: ObservedVolume) -> str:
    """
    Name of the volume that has the data; a label can only lead to one that the engine named.
    """
    held = volume.labels.get(HOLDS, "")
    return held if is_engine_name(held) else volume.name


def _place_name(labels: Mapping[str, str], target: str) -> str:
    parsed = parse_container_labels(labels)
    place = slot_name(parsed.service_name, parsed.replica)
    mark = hashlib.sha256(target.encode()).hexdigest()[:8]
    return f"{place_project(labels)}_{place}_{mark}"

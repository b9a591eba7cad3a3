"""Fill a volume with files of the commit, through a container that is created and never started."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.action import ContainerSpec, CreateVolume
from sandbox.model.container_file import FileKind
from sandbox.model.service import Service, VolumeMount
from sandbox.planning.contents import CARRIER, COPIED_AT_S, RENEWED, UNFILLED
from sandbox.planning.labels import SPEC, implied_volume_labels
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.action import FillVolume
    from sandbox.model.container_file import ContainerFile
    from sandbox.ports import Engine

_TARGET: Final = "/sandbox-volume"
_KEY: Final = "volume"
_SPEC_HASH: Final = "fill"
_TOLD: Final = 5


def fill_volume(
    engine: Engine, action: FillVolume, created: set[str], on_kept: Callable[[str], None]
) -> None:
    """
    Create the volume unless it exists, and put the files into it.

    A volume is marked by another one until it is whole, so that an interrupted run is recognised
    and done again. Into one that is whole go only the files that no container wrote; its mark stays
    until each container that mounts it was made for them.

    Args:
        engine: Where the volume is.
        action: What to put where.
        created: Names of the volumes that this plan made already; an attempt may be repeated.
        on_kept: Told of each file that stays as a container wrote it.
    """
    mark = f"{action.name}{UNFILLED}"
    needed = [f"{action.name}{RENEWED}"] if action.renews else [mark, action.name]
    for name in needed:
        if name not in {*action.present, *created}:
            engine.create_volume(CreateVolume(name=name, driver="local", labels=action.labels))
            created.add(name)
    if action.left:
        engine.remove_container(action.left, volumes=True)
    carrier = engine.create_container(_carrier(action))
    try:
        files = [replace(file, target=f"{_TARGET}{file.target}") for file in action.files]
        if action.renews:
            files = _replaceable(engine, carrier, action.name, files, on_kept)
        engine.copy_files(carrier, files)
    finally:
        engine.remove_container(carrier, volumes=True)
    if not action.renews:
        engine.remove_volume(mark)


def _replaceable(
    engine: Engine,
    carrier: str,
    volume: str,
    files: Sequence[ContainerFile],
    on_kept: Callable[[str], None],
) -> list[ContainerFile]:
    """Leave out folders that exist, and files that a container wrote; the latter are told."""
    times = engine.file_times(carrier, [file.target for file in files])
    folders = [file for file in files if file.kind is FileKind.FOLDER]
    others = [file for file in files if file.kind is not FileKind.FOLDER]
    written = [file for file in others if times.get(file.target, COPIED_AT_S) != COPIED_AT_S]
    for file in written[:_TOLD]:
        path = file.target.removeprefix(f"{_TARGET}/")
        on_kept(f"volume {volume}: {path} was changed in a container; the commit's is not used")
    if len(written) > _TOLD:
        on_kept(f"volume {volume}: likewise {count(len(written) - _TOLD, 'more file')}")
    return [
        *(file for file in folders if file.target not in times),
        *(file for file in others if file not in written),
    ]


def _carrier(action: FillVolume) -> ContainerSpec:
    return ContainerSpec(
        name=f"{action.name}{CARRIER}",
        service=Service(
            name="",
            image=action.image,
            command=("true",),
            mounts=(VolumeMount(volume=_KEY, target=_TARGET, no_copy=True),),
        ),
        replica=0,
        labels={**implied_volume_labels(action.labels), SPEC: _SPEC_HASH},
        volume_names={_KEY: action.name},
        spec_hash=_SPEC_HASH,
    )

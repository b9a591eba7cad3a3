"""
Copy files into a container that has not been started yet.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import CHANGE_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.service import ContainerFile

_TIME_S = 0
"""Equal files give equal archives."""


def copy_files(connections: Connections, container_id: str, files: Sequence[ContainerFile]) -> None:
    """
    Copy *files*, each with its mode and owner; missing folders are made.

    Into a read-only container the engine copies through its volumes only, so each of them gets its
    own archive there.
    """
    if not files:
        return
    doing = f"copy {', '.join(file.target for file in files[:3])} to {container_id[:12]}"
    with connections.calling(doing, timeout_s=CHANGE_S) as api:
        inspected = api.inspect_container(container_id)
        for folder, inside in _by_folder(inspected, files).items():
            api.put_archive(container_id, folder, archive(inside, folder))


def archive(files: Iterable[ContainerFile], folder: str) -> bytes:
    """Give a tar of *files*, with paths relative to *folder*."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            member = tarfile.TarInfo(str(PurePosixPath(file.target).relative_to(folder)))
            member.size = len(file.content)
            member.mode = file.mode
            member.uid = file.uid
            member.gid = file.gid
            member.mtime = _TIME_S
            tar.addfile(member, io.BytesIO(file.content))
    return target.getvalue()


def _by_folder(inspected: Json, files: Sequence[ContainerFile]) -> dict[str, list[ContainerFile]]:
    if not inspected["HostConfig"].get("ReadonlyRootfs"):
        return {"/": list(files)}
    mounts: list[Json] = inspected.get("Mounts") or []
    targets = [mount["Destination"] for mount in mounts if mount.get("Type") == "volume"]
    folders: dict[str, list[ContainerFile]] = {}
    for file in files:
        above = {str(parent) for parent in PurePosixPath(file.target).parents}
        folder = max((target for target in targets if target in above), default="/", key=len)
        folders.setdefault(folder, []).append(file)
    return folders

"""
Copy files into a container that has not been started yet, and look at those in one.
"""

from __future__ import annotations

import base64
import io
import json
import tarfile
from typing import TYPE_CHECKING, Final, assert_never

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.errors import NOT_FOUND
from sandbox.adapters.docker_engine.inspection import epoch_s
from sandbox.model.container_file import FileKind
from sandbox.planning.contents import COPIED_AT_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.container_file import ContainerFile


_STAT: Final = "X-Docker-Container-Path-Stat"


def copy_files(connections: Connections, container_id: str, files: Sequence[ContainerFile]) -> None:
    """
    Copy *files*, each with its mode and owner; missing folders are made.
    """
    if not files:
        return
    doing = f"copy {', '.join(file.target for file in files[:3])} to {container_id[:12]}"
    with connections.calling(doing, timeout_s=CHANGE_S) as api:
        api.put_archive(container_id, "/", archive(files))


def file_times(
    connections: Connections, container_id: str, paths: Sequence[str]
) -> dict[str, float]:
    """When each of *paths* in a container was written; links are not followed."""
    times: dict[str, float] = {}
    for path in paths:
        with connections.calling(f"look at {path} in {container_id[:12]}") as api:
            url = f"{api.base_url}/v{api.api_version}/containers/{container_id}/archive"
            response = api.head(url, params={"path": path}, timeout=api.timeout)
            if response.status_code == NOT_FOUND:
                continue
            response.raise_for_status()
            stat: Json = json.loads(base64.b64decode(response.headers[_STAT]))
            times[path] = epoch_s(stat["mtime"])
    return times


def archive(files: Iterable[ContainerFile]) -> bytes:
    """Give a tar of *files*, with paths relative to the root."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            member = tarfile.TarInfo(file.target.strip("/"))
            member.mode = file.mode
            member.uid = file.uid
            member.gid = file.gid
            # Equal files give equal archives.
            member.mtime = COPIED_AT_S
            match file.kind:
                case FileKind.FILE:
                    member.size = len(file.content)
                case FileKind.LINK:
                    member.type = tarfile.SYMTYPE
                    member.linkname = file.content.decode(errors="surrogateescape")
                case FileKind.FOLDER:
                    member.type = tarfile.DIRTYPE
                case _:
                    assert_never(file.kind)
            tar.addfile(member, io.BytesIO(file.content) if member.size else None)
    return target.getvalue()

"""
Volumes that serve files of the commit: which of them a service needs, and what is in each.

What containers only read is in a volume named by its content, which never changes; single files of
one service share one. What they may write is in a volume of the environment named by its path.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sandbox.model.container_file import ContainerFile, FileKind
from sandbox.model.desired import Volume
from sandbox.model.service import CommittedMount
from sandbox.planning.fingerprint import digest, file_text
from sandbox.planning.names import project_name, volume_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.observed import Owner
    from sandbox.model.service import Service

UNFILLED: Final = ".unfilled"
"""Behind the name of a volume: the volume that exists as long as that one is not whole."""
RENEWED: Final = ".renewed"
"""Behind the name of a volume: the volume that exists from when the files of another commit are put
into that one until every container that mounts it was made for them."""
CARRIER: Final = ".fill"
"""Behind the name of a volume: the container through which it is filled."""
COPIED_AT_S: Final = 981_173_106
"""Time of every file that we copy: one with another time was written by a container."""
_FILES: Final = "committed files"
_NAME_DIGITS: Final = 16
_FOLDER_MODE: Final = 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """
    One volume with files of the commit.

    Attributes:
        key: What a service calls it; no key of a file can be the same, but for a writable one.
        name: On the engine.
        files: At their path in the volume, folders before what is in them.
        written: Containers may write to it.
        targets: Where a container of the service has it, sorted.
    """

    key: str
    name: str
    files: tuple[ContainerFile, ...]
    written: bool
    targets: tuple[str, ...]


def service_contents(owner: Owner, service: Service) -> tuple[Content, ...]:
    """
    Give the volumes that containers of *service* need, sorted by key.
    """
    mounts = [mount for mount in service.mounts if isinstance(mount, CommittedMount)]
    single = [mount for mount in mounts if content_key(mount) == _FILES]
    found = [_content(owner, [mount]) for mount in mounts if mount not in single]
    if single:
        found.append(_content(owner, single))
    return tuple(sorted(found, key=lambda each: each.key))


def content_key(mount: CommittedMount) -> str:
    """
    Key of the volume that *mount* is served from.
    """
    return mount.volume or (f"committed {mount.target}" if mount.folder else _FILES)


def path_in_volume(mount: CommittedMount) -> str:
    """
    Where a single file is in its volume, without a slash in front; empty for a folder.
    """
    if mount.folder:
        return ""
    if mount.volume:
        return posixpath.basename(mount.source)
    return digest({"target": mount.target})[:_NAME_DIGITS]


def _content(owner: Owner, mounts: Sequence[CommittedMount]) -> Content:
    first = mounts[0]
    files = tuple(
        replace(file, target=_inside(mount, file)) for mount in mounts for file in mount.files
    )
    key = content_key(first)
    name = f"{project_name(owner)}_committed-{_digest(files)[:_NAME_DIGITS]}"
    return Content(
        key=key,
        name=volume_name(owner, Volume(key=key)) if first.volume else name,
        files=(*_folders(files, first), *files),
        written=bool(first.volume),
        targets=tuple(sorted(mount.target for mount in mounts)),
    )


def _folders(files: Sequence[ContainerFile], mount: CommittedMount) -> list[ContainerFile]:
    """
    Every folder of the volume, the volume itself first.
    """
    paths = {"/"}
    for file in files:
        above = posixpath.dirname(file.target)
        while above not in paths:
            paths.add(above)
            above = posixpath.dirname(above)
    return [
        ContainerFile(
            target=path,
            content=b"",
            kind=FileKind.FOLDER,
            mode=_FOLDER_MODE,
            uid=mount.uid,
            gid=mount.gid,
            source=mount.source,
        )
        for path in sorted(paths)
    ]


def _inside(mount: CommittedMount, file: ContainerFile) -> str:
    if mount.folder:
        return file.target.removeprefix(mount.target.rstrip("/"))
    return f"/{path_in_volume(mount)}"


def _digest(files: Sequence[ContainerFile]) -> str:
    return digest({file.target: file_text(file) for file in files})

"""Paths of the repository that are mounted: what of the commit is there, and who keeps writes."""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.container_file import ContainerFile, FileKind
from sandbox.model.service import CommittedMount, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.compose.source import CommittedSource

_UNSAFE = re.compile(r"[^a-zA-Z0-9_.-]+")
_NUMERIC = re.compile(r"([0-9]{1,10})(?::([0-9]{1,10}))?")
_ID_LENGTH = 6


def volume_key(path: str, folder: str) -> str:
    """Name the volume of *path* after it, so that no two paths have the same; see `read_mounts`."""
    slug = _UNSAFE.sub("-", posixpath.relpath(path, folder)).strip("-.") or "folder"
    return f"{slug}-{hashlib.sha256(path.encode()).hexdigest()[:_ID_LENGTH]}"


def committed_mount(
    source: CommittedSource, path: str, target: str, *, read_only: bool, folder: str
) -> CommittedMount | None:
    """Mount what is at *path* of the commit; ``None`` when nothing is there."""
    content = source.read_file(path)
    if content is None:
        files = _below(source, path, target)
    else:
        files = (committed_file(source, path, content, target),)
    if not files:
        return None
    return CommittedMount(
        target=target,
        source=path,
        folder=content is None,
        files=files,
        read_only=read_only,
        volume="" if read_only else volume_key(path, folder),
    )


def committed_file(
    source: CommittedSource, path: str, content: bytes, target: str
) -> ContainerFile:
    """Give the file at *path* with the mode that Git keeps of it."""
    listed = source.list_files(posixpath.dirname(path) or ".")
    executable = any(file.path == path and file.executable for file in listed)
    return _file(target, content, path, executable=executable)


def shared_mounts(services: Sequence[Service]) -> tuple[Service, ...]:
    """
    Let all services that mount one path see one volume when any of them may write to it.

    What may be written belongs to the first of these services that runs as a user by number:
    whoever checks a repository out and runs a container as themselves owns its files as well.
    """
    owners: dict[str, tuple[int, int]] = {}
    keys: dict[str, str] = {}
    for service in services:
        for mount in _committed(service):
            if mount.volume:
                keys[mount.source] = mount.volume
                user = _NUMERIC.fullmatch(service.user)
                if user:
                    owners.setdefault(mount.source, (int(user[1]), int(user[2] or 0)))
    return tuple(_shared(service, keys, owners) for service in services)


def _shared(
    service: Service, keys: Mapping[str, str], owners: Mapping[str, tuple[int, int]]
) -> Service:
    mounts = tuple(
        _owned(replace(mount, volume=keys[mount.source]), *owners.get(mount.source, (0, 0)))
        if isinstance(mount, CommittedMount) and mount.source in keys
        else mount
        for mount in service.mounts
    )
    return replace(service, mounts=mounts)


def _owned(mount: CommittedMount, uid: int, gid: int) -> CommittedMount:
    files = tuple(replace(file, uid=uid, gid=gid) for file in mount.files)
    return replace(mount, files=files, uid=uid, gid=gid)


def _committed(service: Service) -> Iterable[CommittedMount]:
    return (mount for mount in service.mounts if isinstance(mount, CommittedMount))


def _below(source: CommittedSource, path: str, target: str) -> tuple[ContainerFile, ...]:
    """Give every file and link below a folder of the commit, sorted by target."""
    prefix = "" if path == "." else f"{path}/"
    found = [
        _file(
            f"{target}/{file.path.removeprefix(prefix)}",
            source.read_file(file.path) or b"",
            file.path,
            executable=file.executable,
        )
        for file in source.list_files(path)
    ]
    found += [
        ContainerFile(
            target=f"{target}/{link.path.removeprefix(prefix)}",
            content=link.leads,
            kind=FileKind.LINK,
            mode=0o777,
            source=link.path,
        )
        for link in source.list_links(path)
    ]
    return tuple(sorted(found, key=lambda file: file.target))


def _file(target: str, content: bytes, path: str, *, executable: bool) -> ContainerFile:
    mode = 0o755 if executable else 0o644
    return ContainerFile(target=target, content=content, mode=mode, source=path)

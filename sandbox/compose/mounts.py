"""``volumes`` and ``tmpfs``: volumes, memory, paths of the host and of the repository."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from sandbox.compose.committed_mounts import committed_mount, volume_key
from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import permission_bits, size
from sandbox.compose.node import MapNode, Node, flag, mapping, numbered, text
from sandbox.compose.source import CommittedSource, inside
from sandbox.model.desired import Volume
from sandbox.model.service import HostMount, Mount, TmpfsMount, VolumeMount

_DRIVE = re.compile(r"[a-zA-Z]:[/\\]")
_FILE_LIKE = re.compile(r"[^/.]\.(?!d$)[A-Za-z0-9]{1,5}$")
_NAMED = "name a volume (data:/path, and data: under top-level volumes)"
_KINDS = {
    "cluster": "volumes of a cluster have a meaning for Swarm only",
    "image": "copy what is needed of it in a build (COPY --from)",
    "npipe": "named pipes are those of Windows",
}


@dataclass(slots=True, kw_only=True)
class Mounts:
    """
    What the attributes of one service come to, by target; the last one wins.

    Attributes:
        volumes: Volumes that stand for folders which are not in the commit, by key.
    """

    mounts: dict[str, Mount] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)


def read_mounts(service: MapNode, place: Place, source: CommittedSource, folder: str) -> Mounts:
    """Read ``tmpfs`` and ``volumes`` of *service*; *folder* is that of the environment."""
    result = Mounts()
    for index, item in numbered(service.get("tmpfs")):
        target, _, options = text(item).partition(":")
        target = _target(target, item, place.at("tmpfs", index))
        if target:
            result.mounts[target] = TmpfsMount(target=target, options=options, listed=True)
    for index, item in numbered(service.get("volumes")):
        here, entry = place.at("volumes", index), mapping(item)
        target = _target(text(entry.get("target")), item, here)
        if target:
            result.mounts.pop(target, None)
            _Reader(source=source, folder=folder, result=result).add(entry, target, here)
    return result


def makes_folder(entry: MapNode) -> bool:
    """
    Is a missing folder of the host made for the mount *entry*?

    As Compose has it: without the key `bind` the engine gets a plain bind, and makes it.
    """
    return "bind" not in entry.values or flag(
        mapping(entry.get("bind")).get("create_host_path"), default=False
    )


def bound(source: str, target: str, entry: MapNode) -> HostMount:
    """Mount the path *source* of the host as *entry* says."""
    bind = mapping(entry.get("bind"))
    return HostMount(
        source=source,
        target=target,
        read_only=flag(entry.get("read_only"), default=False),
        create=makes_folder(entry),
        propagation=text(bind.get("propagation")),
        selinux=text(bind.get("selinux")),
        recursive=text(bind.get("recursive")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads the entries of one service into *result*."""

    source: CommittedSource
    folder: str
    result: Mounts

    def add(self, entry: MapNode, target: str, place: Place) -> None:
        """Read one entry."""
        kind, read_only = text(entry.get("type")), flag(entry.get("read_only"), default=False)
        if kind in _KINDS:
            message = f"the type {kind} is not supported: {_KINDS[kind]}"
            place.at("type").problem(entry.values["type"], message)
        elif kind == "tmpfs":
            memory = mapping(entry.get("tmpfs"))
            self.result.mounts[target] = TmpfsMount(
                target=target,
                size_bytes=size(memory.get("size")),
                mode=permission_bits(memory.get("mode"), 0),
                read_only=read_only,
            )
        elif kind == "bind":
            self._bind(entry, target, place)
        else:
            self._volume(entry, target, place)

    def _volume(self, entry: MapNode, target: str, place: Place) -> None:
        options = mapping(entry.get("volume"))
        if options.get("labels") is not None:
            place.at("volume", "labels").problem(
                key_mark(options, "labels"),
                "labels of a mount change nothing; give them to the volume under top-level volumes",
            )
        propagation = mapping(entry.get("bind")).get("propagation")
        if propagation is not None:
            message = f"{text(propagation)} is for paths of the host, and this is a volume"
            place.problem(propagation, message)
        self.result.mounts[target] = VolumeMount(
            volume=text(entry.get("source")),
            target=target,
            read_only=flag(entry.get("read_only"), default=False),
            no_copy=flag(options.get("nocopy"), default=False),
            subpath=text(options.get("subpath")),
        )

    def _bind(self, entry: MapNode, target: str, place: Place) -> None:
        written = text(entry.get("source"))
        where = entry.get("source") or entry
        path = inside(written)
        if path is not None and "~" in path.split("/"):
            message = f"{posixpath.relpath(path, self.folder)}: `~` is a home on one machine only"
            place.problem(where, message, _NAMED)
        elif path is not None:
            self._committed(entry, path, target, place)
        elif written.startswith("//"):
            place.problem(
                where,
                "this path leads out of the repository",
                "everything is read from the commit: move it into the repository",
            )
        elif written.startswith("/"):
            self.result.mounts[target] = bound(written, target, entry)
        else:
            place.problem(
                where,
                f"{written!r} is neither a path of the repository nor an absolute one",
                _NAMED,
            )

    def _committed(self, entry: MapNode, path: str, target: str, place: Place) -> None:
        """Mount what is in the commit; a folder that is not there is a volume of ours."""
        read_only = flag(entry.get("read_only"), default=False)
        where = entry.get("source") or entry
        found = committed_mount(self.source, path, target, read_only=read_only, folder=self.folder)
        if found is not None:
            self.result.mounts[target] = found
            if not read_only:
                place.warn(
                    where,
                    f"{path} is writable: it is the volume {found.volume} of this environment,"
                    " and files that a container writes there stay",
                )
            return
        # Compose makes a folder of a forgotten file, and whoever reads it there stumbles.
        if not makes_folder(entry) or _FILE_LIKE.search(target):
            place.problem(where, f"there is no {path} in the commit", f"commit it, or {_NAMED}")
            return
        key = volume_key(path, self.folder)
        self.result.volumes[key] = Volume(key=key, place=where.mark.text)
        self.result.mounts[target] = VolumeMount(volume=key, target=target, read_only=read_only)
        place.warn(
            where,
            f"there is no {path} in the commit: it becomes the volume {key} of this environment",
        )


def _target(written: str, node: Node, place: Place) -> str:
    """Give the clean target; empty after a problem."""
    target = posixpath.normpath(written)
    if _DRIVE.match(written):
        place.problem(
            node,
            f"{written[:2]} is read as the drive of a Windows path, as Compose does",
            "give the volume a name of at least two letters",
        )
        return ""
    if written.startswith("/") and target.strip("/") and "\0" not in written:
        return target
    place.problem(node, f"the target must be an absolute path in the container, not {written!r}")
    return ""

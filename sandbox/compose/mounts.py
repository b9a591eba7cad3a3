"""``volumes`` and ``tmpfs``: named volumes, memory, and files of the repository."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from sandbox.compose.findings import Place
from sandbox.compose.known import suggestion
from sandbox.compose.node import MapNode, Node, flag, integer, mapping, numbered, text
from sandbox.compose.paths import folder_of, resolve_path
from sandbox.compose.source import CommittedSource
from sandbox.compose.units import size_bytes
from sandbox.model.service import ContainerFile, TmpfsMount, VolumeMount

_DRIVE = re.compile(r"[a-zA-Z]:[/\\]")
_IGNORED_OPTIONS = frozenset({"rw", "z", "Z", "cached", "delegated", "consistent"})
_NAMED = "name a volume (data:/path, and data: under top-level volumes)"


@dataclass(slots=True, kw_only=True)
class Mounts:
    """What the attributes of one service come to, by target; the last one wins."""

    mounts: dict[str, VolumeMount | TmpfsMount] = field(default_factory=dict)
    files: dict[str, tuple[ContainerFile, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One entry of ``volumes`` in its long form."""

    node: Node
    kind: str
    source: str
    target: str
    read_only: bool = False
    no_copy: bool = False
    size_bytes: int = 0
    mode: int = 0


def read_mounts(
    service: MapNode, place: Place, source: CommittedSource, volumes: Collection[str]
) -> Mounts:
    """Read ``tmpfs`` and ``volumes`` of *service*; *volumes* are the declared keys."""
    result = Mounts()
    for index, item in numbered(service.get("tmpfs")):
        target, _, options = text(item).partition(":")
        if _is_target(target, item, place.at("tmpfs", index)):
            target = posixpath.normpath(target)
            result.mounts[target] = TmpfsMount(target=target, options=options)
    for index, item in numbered(service.get("volumes")):
        here = place.at("volumes", index)
        entry = _long(item, here) if isinstance(item, MapNode) else _short(item, here)
        if entry is not None and _is_target(entry.target, entry.node, here):
            _add(entry, here, result, source, volumes)
    return result


def _add(
    entry: _Entry,
    place: Place,
    result: Mounts,
    source: CommittedSource,
    volumes: Collection[str],
) -> None:
    target = posixpath.normpath(entry.target)
    result.mounts.pop(target, None)
    result.files.pop(target, None)
    if entry.kind == "tmpfs":
        result.mounts[target] = TmpfsMount(
            target=target, size_bytes=entry.size_bytes, mode=entry.mode
        )
    elif entry.kind == "bind":
        result.files[target] = _repository_files(entry, target, place, source)
    elif entry.source in volumes:
        result.mounts[target] = VolumeMount(
            volume=entry.source, target=target, read_only=entry.read_only, no_copy=entry.no_copy
        )
    else:
        hint = suggestion(entry.source, volumes)
        place.problem(
            entry.node,
            f"the volume {entry.source!r} is not declared{hint}",
            f"add {entry.source}: under top-level volumes",
        )


def _short(node: Node, place: Place) -> _Entry | None:
    written = text(node)
    parts = written.split(":")
    if _DRIVE.match(written):
        place.problem(
            node,
            f"{parts[0]}: is read as the drive of a Windows path",
            "give the volume a name of at least two letters",
        )
        return None
    if len(parts) == 1:
        place.problem(
            node, f"{written!r} is a volume without a name, and its data would get lost", _NAMED
        )
        return None
    if len(parts) > 3 or not parts[0]:  # noqa: PLR2004 - source:target:options
        place.problem(node, f"{written!r} is not source:target or source:target:options")
        return None
    options = set(parts[2].split(",")) if len(parts) == 3 else set[str]()  # noqa: PLR2004 - likewise
    unknown = options - _IGNORED_OPTIONS - {"ro", "nocopy"}
    if unknown:
        place.problem(node, f"the option {min(unknown)!r} is not supported; ro, rw, nocopy are")
    bind = parts[0].startswith((".", "/", "~", "\\"))
    return _Entry(
        node=node,
        kind="bind" if bind else "volume",
        source=parts[0],
        target=parts[1],
        read_only="ro" in options,
        no_copy="nocopy" in options,
    )


def _long(node: MapNode, place: Place) -> _Entry | None:
    kind, source = text(node.get("type")), text(node.get("source"))
    if not kind or "target" not in node.values:  # reported by the schema
        return None
    if not source and kind == "volume":
        place.problem(
            node, "a volume without `source` has no name, and its data would get lost", _NAMED
        )
        return None
    if not source and kind == "bind":
        place.problem(node, "a bind mount needs a `source`")
        return None
    tmpfs = mapping(node.get("tmpfs"))
    return _Entry(
        node=node.get("source") or node,
        kind=kind,
        source=source,
        target=text(node.get("target")),
        read_only=flag(node.get("read_only"), default=False),
        no_copy=flag(mapping(node.get("volume")).get("nocopy"), default=False),
        size_bytes=size_bytes(text(tmpfs.get("size"))) or 0,
        mode=read_mode(tmpfs.get("mode"), 0),
    )


def _is_target(target: str, node: Node, place: Place) -> bool:
    if target.startswith("/") and posixpath.normpath(target) != "/" and "\0" not in target:
        return True
    place.problem(node, f"the target must be an absolute path in the container, not {target!r}")
    return False


def read_mode(node: Node | None, default: int) -> int:
    """Read permission bits: a number, or octal digits in a string."""
    if node is None:
        return default
    written = getattr(node, "value", None)
    if isinstance(written, str):
        return int(written, 8)
    number = integer(node)
    return default if number is None else number


def _repository_files(
    entry: _Entry, target: str, place: Place, source: CommittedSource
) -> tuple[ContainerFile, ...]:
    """Copy a file of the commit, or everything below a folder of it."""
    if entry.source.startswith(("/", "~", "\\")):
        place.problem(
            entry.node,
            f"{entry.source} is a path of the host; only the commit is known here",
            f"{_NAMED}, or commit the file and write its relative path",
        )
        return ()
    path = resolve_path(entry.source, folder_of(entry.node), entry.node, place)
    if path is None:
        return ()
    if not entry.read_only:
        place.warn(
            entry.node,
            f"{path} is copied into the container; what is written there stays in the container",
        )
    content = source.read_file(path)
    listed = source.list_files((posixpath.dirname(path) or ".") if content is not None else path)
    if content is not None:
        executable = any(file.path == path and file.executable for file in listed)
        return (_file(target, content, path, executable=executable),)
    if not listed:
        place.problem(entry.node, f"there is no {path} in the commit", f"commit it, or {_NAMED}")
    prefix = "" if path == "." else f"{path}/"
    return tuple(
        _file(
            f"{target}/{file.path.removeprefix(prefix)}",
            source.read_file(file.path) or b"",
            file.path,
            executable=file.executable,
        )
        for file in listed
    )


def _file(target: str, content: bytes, path: str, *, executable: bool) -> ContainerFile:
    mode = 0o755 if executable else 0o644
    return ContainerFile(target=target, content=content, mode=mode, source=path)

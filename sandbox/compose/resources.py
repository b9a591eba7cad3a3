"""``configs`` and ``secrets``: what the file declares, and what a service takes of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.compose.committed_mounts import committed_file
from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import permission_bits
from sandbox.compose.node import MapNode, Mark, Node, flag, integer, mapping, numbered, text
from sandbox.compose.source import CommittedSource, inside
from sandbox.compose.template import Variables
from sandbox.model.container_file import ContainerFile
from sandbox.model.service import CommittedMount, HostMount

_FOLDERS = {"config": "/", "secret": "/run/secrets/"}
_REFUSED = {
    "driver": "there is no store of secrets behind this engine",
    "external": "there is no store of configs and secrets behind this engine",
    "template_driver": "only Swarm fills templates",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One config or secret."""

    name: str
    node: MapNode
    mark: Mark
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """A file that has the content: one of the host, or of the commit with its *content*."""

    path: str
    content: bytes = b""
    of_host: bool = False


Taken: TypeAlias = ContainerFile | CommittedMount | HostMount


class Resources:
    """The configs, or the secrets, of one environment; read when a service takes them."""

    def __init__(
        self,
        kind: str,
        tree: Node | None,
        place: Place,
        source: CommittedSource,
        variables: Variables,
    ) -> None:
        self._kind = kind
        self._source = source
        self._variables = variables
        self._declared: Mapping[str, Resource] = {
            name: Resource(
                name=name,
                node=mapping(node),
                mark=key_mark(mapping(tree), name),
                place=place.at(name),
            )
            for name, node in mapping(tree).values.items()
        }
        self._read: dict[str, bytes | _Path | None] = {}

    def taken(self, node: Node | None, place: Place) -> tuple[Taken, ...]:
        """
        Read what one service takes; by target, the last one wins.

        As in Compose a file is mounted, and content that is in no file is copied.
        """
        files: dict[str, Taken] = {}
        for index, item in numbered(node):
            file = self._take(mapping(item), place.at(index))
            if file is not None:
                files[file.target] = file
        return tuple(files.values())

    def _take(self, entry: MapNode, place: Place) -> Taken | None:
        name = text(entry.get("source"))
        resource = self._declared.get(name)
        if resource is None:  # reported where the whole project is checked
            return None
        if name not in self._read:
            self._read[name] = self._content(resource)
        content = self._read[name]
        target = posixpath.normpath(
            posixpath.join(_FOLDERS[self._kind], text(entry.get("target")) or name)
        )
        if content is None:
            return None
        if isinstance(content, _Path) and content.of_host:
            return HostMount(source=content.path, target=target, read_only=True, create=False)
        owners = {key: integer(entry.get(key)) for key in ("uid", "gid")}
        for key, number in owners.items():
            if number is None and text(entry.get(key)):
                place.at(key).problem(entry.values[key], f"{key} must be a number")
        file = ContainerFile(
            target=target,
            content=content if isinstance(content, bytes) else content.content,
            mode=permission_bits(entry.get("mode"), self._mode(content, target)),
            uid=owners["uid"] or 0,
            gid=owners["gid"] or 0,
            source=f"{self._kind} {name}",
            secret=self._kind == "secret",
        )
        return file if isinstance(content, bytes) else resource_mount(file)

    def _mode(self, content: bytes | _Path, target: str) -> int:
        """Give the mode where the service says none: that of the file, as Compose mounts it."""
        if isinstance(content, bytes):
            return 0o444
        return committed_file(self._source, content.path, content.content, target).mode

    def _content(self, resource: Resource) -> bytes | _Path | None:
        """Give the content, or the file that has it; ``None`` after a problem."""
        node, place = resource.node, resource.place
        if place.findings.is_spoiled(place.path):  # told where the project was read
            return None
        for key, why in _REFUSED.items():
            if key in node.values and not (key == "external" and not _is_external(node)):
                place.at(key).problem(key_mark(node, key), f"`{key}` is not supported: {why}")
                return None
        given = [key for key in ("file", "content", "environment") if key in node.values]
        if len(given) != 1:
            message = "exactly one of `file`, `environment` and `content` is needed"
            place.problem(resource.mark, message)
            return None
        where = node.values[given[0]]
        if given == ["content"]:
            return text(where).encode()
        if given == ["environment"]:
            return self._variable(where, place.at("environment"))
        return self._file(where, place.at("file"))

    def _variable(self, where: Node, place: Place) -> bytes | None:
        value = self._variables.get(text(where))
        if value is None:
            remedy = f"set it in `{place.findings.env_file}`"
            place.problem(where, f"the variable {text(where)} is not set", remedy)
            return None
        return value.encode()

    def _file(self, where: Node, place: Place) -> _Path | None:
        written = text(where)
        path = inside(written)
        if path is None:
            if written.startswith("/") and not written.startswith("//"):
                return _Path(path=written, of_host=True)
            place.problem(where, f"{written} is not a path inside the repository", "commit it")
            return None
        content = self._source.read_file(path)
        if content is None:
            place.problem(where, f"there is no file {path} in the commit", "commit it")
            return None
        return _Path(path=path, content=content)


def _is_external(node: MapNode) -> bool:
    return flag(node.get("external"), default=False)


def resource_mount(file: ContainerFile) -> CommittedMount:
    """Mount *file* of a config or secret; nobody writes to it."""
    return CommittedMount(target=file.target, source=file.source, folder=False, files=(file,))

"""``configs`` and ``secrets``: what the file declares, and what a service takes of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import permission_bits
from sandbox.compose.node import MapNode, Mark, Node, flag, integer, mapping, numbered, text
from sandbox.compose.source import CommittedSource, inside
from sandbox.compose.template import Variables
from sandbox.model.service import ContainerFile, HostMount

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
        self._read: dict[str, bytes | str | None] = {}

    def taken(self, node: Node | None, place: Place) -> tuple[ContainerFile | HostMount, ...]:
        """Read what one service takes; by target, the last one wins."""
        files: dict[str, ContainerFile | HostMount] = {}
        for index, item in numbered(node):
            file = self._take(mapping(item), place.at(index))
            if file is not None:
                files[file.target] = file
        return tuple(files.values())

    def _take(self, entry: MapNode, place: Place) -> ContainerFile | HostMount | None:
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
        if isinstance(content, str):
            return HostMount(source=content, target=target, read_only=True, create=False)
        owners = {key: integer(entry.get(key)) for key in ("uid", "gid")}
        for key, number in owners.items():
            if number is None and text(entry.get(key)):
                place.at(key).problem(entry.values[key], f"{key} must be a number")
        return ContainerFile(
            target=target,
            content=content,
            mode=permission_bits(entry.get("mode"), 0o444),
            uid=owners["uid"] or 0,
            gid=owners["gid"] or 0,
            source=f"{self._kind} {name}",
            secret=self._kind == "secret",
        )

    def _content(self, resource: Resource) -> bytes | str | None:
        """Give the content, or the path on the host that has it; ``None`` after a problem."""
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
            place.problem(where, f"the variable {text(where)} is not set", "set it in `.env`")
            return None
        return value.encode()

    def _file(self, where: Node, place: Place) -> bytes | str | None:
        written = text(where)
        path = inside(written)
        if path is None:
            if written.startswith("/") and not written.startswith("//"):
                return written
            place.problem(where, f"{written} is not a path inside the repository", "commit it")
            return None
        content = self._source.read_file(path)
        if content is None:
            place.problem(where, f"there is no file {path} in the commit", "commit it")
        return content


def _is_external(node: MapNode) -> bool:
    return flag(node.get("external"), default=False)

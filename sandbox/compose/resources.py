"""``configs`` and ``secrets``: what the file declares, and what a service takes of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.known import suggestion
from sandbox.compose.mounts import read_mode
from sandbox.compose.node import (
    MapNode,
    Mark,
    Node,
    integer,
    is_null,
    mapping,
    numbered,
    text,
)
from sandbox.compose.paths import folder_of, resolve_path
from sandbox.compose.source import CommittedSource
from sandbox.model.service import ContainerFile

_FOLDERS = {"config": "/", "secret": "/run/secrets/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One config or secret; *content* is ``None`` after a problem that was reported."""

    kind: str
    name: str
    node: Node
    mark: Mark
    place: Place


class Resources:
    """The configs, or the secrets, of one environment; read when a service takes them."""

    def __init__(self, kind: str, tree: Node | None, place: Place, source: CommittedSource) -> None:
        self._kind = kind
        self._source = source
        self._declared: Mapping[str, Resource] = {
            name: Resource(
                kind=kind,
                name=name,
                node=node,
                mark=key_mark(mapping(tree), name),
                place=place.at(name),
            )
            for name, node in mapping(tree).values.items()
        }
        self._contents: dict[str, bytes | None] = {}

    def check(self) -> None:
        """Report declarations that name no content, also those that nobody takes."""
        for resource in self._declared.values():
            self._content(resource)

    def taken(self, node: Node | None, place: Place) -> tuple[ContainerFile, ...]:
        """Read what one service takes; by target, the last one wins."""
        files: dict[str, ContainerFile] = {}
        for index, item in numbered(node):
            file = self._take(item, place.at(index))
            if file is not None:
                files[file.target] = file
        return tuple(files.values())

    def _take(self, item: Node, place: Place) -> ContainerFile | None:
        entry = mapping(item)
        name = text(entry.get("source")) or text(item)
        if not name and isinstance(item, MapNode):  # reported by the schema
            return None
        resource = self._declared.get(name)
        if resource is None:
            place.problem(
                item,
                f"the {self._kind} {name!r} is not declared{suggestion(name, self._declared)}",
                f"add it under top-level {self._kind}s",
            )
            return None
        content = self._content(resource)
        if content is None:
            return None
        target = posixpath.join(_FOLDERS[self._kind], text(entry.get("target")) or name)
        return ContainerFile(
            target=posixpath.normpath(target),
            content=content,
            mode=read_mode(entry.get("mode"), 0o444),
            uid=integer(entry.get("uid")) or 0,
            gid=integer(entry.get("gid")) or 0,
            source=f"{self._kind} {name}",
            secret=self._kind == "secret",
        )

    def _content(self, resource: Resource) -> bytes | None:
        if resource.name not in self._contents:
            self._contents[resource.name] = self._read(resource)
        return self._contents[resource.name]

    def _read(self, resource: Resource) -> bytes | None:
        node, place = mapping(resource.node), resource.place
        given = [
            key for key in ("file", "content") if key in node.values and not is_null(node.get(key))
        ]
        if len(given) != 1:
            if place.findings.is_spoiled(place.path):
                return None
            if isinstance(resource.node, MapNode) and not node.values.keys() - {"name"} | set(
                given
            ):
                place.problem(resource.mark, "exactly one of `file` and `content` is needed")
            elif given:
                place.problem(resource.mark, "`file` and `content` exclude each other")
            return None
        if given == ["content"]:
            return self._inline(resource, node)
        where = node.values["file"]
        file = resolve_path(text(where), folder_of(where), where, place.at("file"))
        content = self._source.read_file(file) if file is not None else None
        if file is not None and content is None:
            place.at("file").problem(where, f"there is no file {file} in the commit", "commit it")
        return content

    def _inline(self, resource: Resource, node: MapNode) -> bytes:
        if resource.kind == "secret":
            resource.place.warn(
                resource.mark, "`docker compose` itself knows no `content` for secrets, only `file`"
            )
        return text(node.get("content")).encode()

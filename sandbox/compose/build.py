"""``build`` and the names of images that are made from content."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import labels, size, valued, word_set, words
from sandbox.compose.node import MapNode, Mark, flag, items, mapping, text
from sandbox.compose.source import inside
from sandbox.model.service import Build

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBuild:
    """
    What ``build`` says, and where it names the context and the Dockerfile.

    The default name of the Dockerfile stands where ``build`` does.
    """

    build: Build
    context_mark: Mark
    dockerfile_mark: Mark


def read_build(service: MapNode, place: Place) -> WrittenBuild | None:
    """
    Read it.

    The context's id is empty until the release is known.
    """
    if "build" not in service.values:
        return None
    node = mapping(service.get("build"))
    where = node.get("context") or key_mark(service, "build")
    context = _context(node, where if isinstance(where, Mark) else where.mark, place.at("context"))
    dockerfile = posixpath.normpath(text(node.get("dockerfile")) or "Dockerfile")
    if dockerfile.startswith(("/", "..")):
        place.at("dockerfile").problem(
            node.values["dockerfile"], f"{dockerfile} is not a path inside the build context"
        )
        return None
    if context is None:
        return None
    build = Build(
        context=context,
        dockerfile=dockerfile,
        dockerfile_inline=text(node.get("dockerfile_inline")),
        target=text(node.get("target")),
        args=valued(node.get("args")),
        labels=labels(node.get("labels"), place.at("labels")),
        tags=word_set(node.get("tags")),
        cache_from=words(node.get("cache_from")),
        network=text(node.get("network")),
        extra_hosts=read_hosts(node, place),
        shm_size_bytes=size(node.get("shm_size")),
        platform=_platform(service, node, place),
        pull=flag(node.get("pull"), default=False),
        no_cache=flag(node.get("no_cache"), default=False),
        context_id="",
    )
    context_mark = where if isinstance(where, Mark) else where.mark
    named = node.get("dockerfile")
    return WrittenBuild(
        build=build,
        context_mark=context_mark,
        dockerfile_mark=named.mark if named is not None else context_mark,
    )


def read_migrations(service: MapNode, build: Build | None, place: Place) -> str:
    """Read ``x-sandbox.migrations`` as a folder inside the build context; empty without one."""
    where = mapping(service.get("x-sandbox")).get("migrations")
    written = text(where)
    if where is None or not written:
        return ""
    here = place.at("x-sandbox", "migrations")
    folder = posixpath.normpath(written)
    if build is None:
        here.problem(where, "only a service with `build` has migrations of its release")
    elif folder.startswith(("/", "..")):
        here.problem(where, f"{written} is not a folder inside the build context")
    else:
        return folder
    return ""


def read_hosts(node: MapNode, place: Place) -> tuple[str, ...]:
    """Read ``extra_hosts`` of *node* as ``name:address``, sorted."""
    found: set[str] = set()
    for index, item in enumerate(items(node.get("extra_hosts"))):
        name, separator, address = text(item).partition("=")
        if not separator:
            name, separator, address = text(item).partition(":")
        if name and address:
            found.add(f"{name}:{address.removeprefix('[').removesuffix(']')}")
        else:
            place.at("extra_hosts", index).problem(
                item, f"{text(item)!r} is not name:address or name=address"
            )
    return tuple(sorted(found))


def image_name(application: str, service_name: str, build: Build) -> str:
    """Name the image after what it is made of: ``<application>/<service>:<16 hex digits>``."""
    digest = hashlib.sha256()
    parts = [build.context_id, build.dockerfile, build.target, *_pairs(build.args)]
    # What a later version added counts only where it is used: names of images stay.
    more = {
        "dockerfile_inline": build.dockerfile_inline,
        "network": build.network,
        "extra_hosts": " ".join(build.extra_hosts),
        "platform": build.platform,
        "labels": " ".join(_pairs(build.labels)),
    }
    parts += [part for name, said in more.items() if said for part in (name, said)]
    for part in parts:
        digest.update(f"{len(part.encode())}:".encode() + part.encode())
    return f"{application}/{_repository_part(service_name)}:{digest.hexdigest()[:_ID_LENGTH]}"


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [part for pair in sorted(values.items()) for part in pair]


def _context(node: MapNode, mark: Mark, place: Place) -> str | None:
    """Give the folder inside the repository; ``None`` after a problem."""
    written = text(node.get("context"))
    found = inside(written)
    if found is not None:
        return found
    if written.startswith("//"):
        place.problem(
            mark,
            "this folder leads out of the repository",
            "move it into the repository and commit it",
        )
        return None
    if "://" in written or written.startswith(("git@", "github.com/", "service:")):
        why = "only folders of the commit are built, and this is an address"
    else:
        why = "is not a path inside the repository"
    place.problem(mark, f"{written}: {why}" if why.startswith("only") else f"{written} {why}")
    return None


def _platform(service: MapNode, node: MapNode, place: Place) -> str:
    """Give the one platform to build for: that of the service, which the build must allow."""
    allowed = words(node.get("platforms"))
    wanted = text(service.get("platform"))
    if wanted and allowed and wanted not in allowed:
        place.at("platforms").problem(
            key_mark(node, "platforms"), f"{wanted}, the service's `platform`, is not one of these"
        )
    if not wanted and len(allowed) > 1:
        place.at("platforms").problem(
            key_mark(node, "platforms"),
            "the engine's own builder builds for one platform at a time",
            "say which with `platform` of the service, or remove the others",
        )
    return wanted or (allowed[0] if allowed else "")


def _repository_part(name: str) -> str:
    return _SEPARATORS.sub("-", name.lower()).strip("-") or "service"

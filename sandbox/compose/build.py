"""``build`` and the names of images that are made from content."""

from __future__ import annotations

import hashlib
import posixpath
import re

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.node import MapNode, Mark, Scalar, mapping, text
from sandbox.compose.paths import folder_of, resolve_path
from sandbox.compose.template import Variables
from sandbox.compose.variables import read_args
from sandbox.model.service import Build

_SEPARATORS = re.compile(r"[^a-z0-9]+")
_ID_LENGTH = 16


def read_build(service: MapNode, place: Place, variables: Variables) -> tuple[Build, Mark] | None:
    """
    Read both forms; the place is that of the context.

    The context's id is empty until the release is known.
    """
    node = service.get("build")
    if node is None:
        return None
    long = mapping(node)
    context_node = node if isinstance(node, Scalar) else long.get("context")
    where = context_node or key_mark(service, "build")
    context = resolve_path(
        text(context_node, ".") or ".", folder_of(where), where, place.at("context")
    )
    dockerfile = posixpath.normpath(text(long.get("dockerfile")) or "Dockerfile")
    if dockerfile.startswith(("/", "..")):
        place.at("dockerfile").problem(
            long.values["dockerfile"], f"{dockerfile} is not a path inside the build context"
        )
        return None
    if context is None:
        return None
    build = Build(
        context=context,
        dockerfile=dockerfile,
        target=text(long.get("target")),
        args=read_args(long.get("args"), variables),
        context_id="",
    )
    return build, where if isinstance(where, Mark) else where.mark


def image_name(application: str, service_name: str, build: Build) -> str:
    """Name the image after what it is made of: ``<application>/<service>:<16 hex digits>``."""
    digest = hashlib.sha256()
    arguments = [part for pair in sorted(build.args.items()) for part in pair]
    for part in (build.context_id, build.dockerfile, build.target, *arguments):
        digest.update(f"{len(part.encode())}:".encode() + part.encode())
    return f"{application}/{_repository_part(service_name)}:{digest.hexdigest()[:_ID_LENGTH]}"


def _repository_part(name: str) -> str:
    return _SEPARATORS.sub("-", name.lower()).strip("-") or "service"

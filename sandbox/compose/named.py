"""What files name must be there: files and folders of the release, environments of the commit."""

from __future__ import annotations

import posixpath

from sandbox.compose.committed import FILE_NAME, FOLDER
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import MapNode, Mark, mapping, text
from sandbox.compose.source import CommittedSource
from sandbox.model.service import Service
from sandbox.model.settings import EnvironmentSettings

_DOCKERFILE = "Dockerfile"


def check_dockerfile(
    service: Service, mark: Mark, place: Place, source: CommittedSource, release: str
) -> None:
    """
    Refuse a Dockerfile that the release does not have.

    The engine takes ``dockerfile`` where the usual name is not there.
    """
    build = service.build
    if build is None or build.dockerfile_inline:
        return
    names = [build.dockerfile, *([_DOCKERFILE.lower()] if build.dockerfile == _DOCKERFILE else [])]
    if any(source.has_file(release, build.context, name) for name in names):
        return
    path = posixpath.normpath(posixpath.join(build.context, build.dockerfile))
    place.at("build", "dockerfile").problem(
        mark,
        f"there is no file {path} in the release {release[:7]}",
        "commit the file, or correct `dockerfile`: its path begins at the build context",
    )


def check_migrations(
    service: Service, mark: Mark | None, place: Place, source: CommittedSource, release: str
) -> None:
    """
    Refuse ``x-sandbox.migrations`` of a folder that neither the release nor the commit has.

    An older release that is pinned may lack what the newest commit has: then it has none.
    """
    if mark is None or service.build is None or not service.migrations:
        return
    folder = posixpath.normpath(posixpath.join(service.build.context, service.migrations))
    if any(source.context_id(commit, folder) for commit in (release, source.revision)):
        return
    place.at("x-sandbox", "migrations").problem(
        mark,
        f"there is no folder {folder} in the release {release[:7]}",
        "commit the folder, or correct the path: it begins at the build context",
    )


def check_promotion_source(
    environment: str,
    settings: EnvironmentSettings,
    tree: MapNode,
    source: CommittedSource,
    findings: Findings,
) -> None:
    """
    Refuse ``promote_from`` of the environment itself, and warn of one that is not there.

    What runs does not depend on it. A branch of its own need not have the other environment: there,
    it is not looked for.
    """
    name = settings.promote_from
    where = mapping(tree.get("x-sandbox")).get("promote_from")
    if not name or where is None:
        return
    path = ("x-sandbox", "promote_from")
    mark = (mapping(where).get("environment") or where).mark
    if name == environment:
        findings.problem(
            mark, path, f"{name} is this environment itself", "name another, or remove the key"
        )
    elif settings.track == EnvironmentSettings().track and not _is_environment(name, source):
        findings.warn(
            mark,
            f"promote_from: there is no environment {name} in the commit to promote from;"
            f" correct the name, or commit {FOLDER}/{name}/{FILE_NAME} with x-sandbox",
        )


def migrations_mark(service: MapNode) -> Mark | None:
    """Give the place of ``x-sandbox.migrations``; ``None`` where it is not written."""
    where = mapping(service.get("x-sandbox")).get("migrations")
    return where.mark if where is not None and text(where) else None


def _is_environment(name: str, source: CommittedSource) -> bool:
    return b"x-sandbox" in (source.read_file(f"{FOLDER}/{name}/{FILE_NAME}") or b"")

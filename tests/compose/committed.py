"""A commit in memory, and short ways to load it."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.compose.load import load_environment
from sandbox.compose.source import TreeFile, TreeLink
from sandbox.errors import InvalidComposeError, NotFoundError
from sandbox.model.desired import DesiredState
from sandbox.model.service import Service

REVISION = "a" * 40
RELEASE = "b" * 40
FOLDER = "environments/staging"
FILE = f"{FOLDER}/compose.yaml"


@dataclass(frozen=True, kw_only=True)
class MemorySource:
    """
    One commit: *files* by path. A folder's id tells its release and path.

    *releases* has the files of other commits; one that is not there has the same files.
    """

    files: Mapping[str, bytes]
    revision: str = REVISION
    release: str = REVISION
    executables: frozenset[str] = frozenset()
    links: Mapping[str, bytes] = field(default_factory=dict)
    releases: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def read_file(self, path: str) -> bytes | None:
        return self.files.get(path)

    def list_files(self, folder: str) -> tuple[TreeFile, ...]:
        prefix = "" if folder == "." else f"{folder}/"
        return tuple(
            TreeFile(path=path, executable=path in self.executables)
            for path in sorted(self.files)
            if path.startswith(prefix)
        )

    def list_links(self, folder: str) -> tuple[TreeLink, ...]:
        prefix = "" if folder == "." else f"{folder}/"
        return tuple(
            TreeLink(path=path, leads=leads)
            for path, leads in sorted(self.links.items())
            if path.startswith(prefix)
        )

    def resolve_release(self, requested: str, contexts: Sequence[str]) -> str:
        self.asked.append((requested, tuple(contexts)))
        if requested == "missing":
            raise NotFoundError("missing is not a commit", remedy="name one that exists")
        return requested or self.release

    def context_id(self, release: str, folder: str) -> str | None:
        files = self.releases.get(release, self.files)
        prefix = "" if folder == "." else f"{folder}/"
        inside = sorted(path for path in files if path.startswith(prefix))
        return f"tree of {inside}" if inside else None

    def has_file(self, release: str, folder: str, path: str) -> bool:
        files = self.releases.get(release, self.files)
        return posixpath.normpath(f"{folder}/{path}") in files


def source(
    text: str | bytes | None, *, others: Mapping[str, str | bytes] | None = None, env: str = ""
) -> MemorySource:
    """Commit *text* as the environment's file, *env* as its ``.env``, *others* by path."""
    files = {path: _bytes(content) for path, content in (others or {}).items()}
    if text is not None:
        files[FILE] = _bytes(text)
    if env:
        files[f"{FOLDER}/.env"] = env.encode()
    return MemorySource(files=files)


def load(
    text: str | bytes | None, *, others: Mapping[str, str | bytes] | None = None, env: str = ""
) -> DesiredState:
    return load_environment(
        "staging", source(text, others=others, env=env), default_application="shop"
    )


def service(
    attributes: str,
    *,
    top: str = "",
    others: Mapping[str, str | bytes] | None = None,
    env: str = "",
) -> Service:
    """Load one service with an image and *attributes* (one flow mapping or several lines)."""
    (found,) = load(with_service(attributes, top), others=others, env=env).services
    return found


def problems(
    text: str | bytes | None, *, others: Mapping[str, str | bytes] | None = None, env: str = ""
) -> list[str]:
    """All problems of a text, which must have some, as lines without the file's folder."""
    try:
        load(text, others=others, env=env)
    except InvalidComposeError as error:
        return [str(problem).removeprefix(f"{FOLDER}/") for problem in error.problems]
    raise AssertionError("the text was accepted")


def service_problems(
    attributes: str,
    *,
    top: str = "",
    others: Mapping[str, str | bytes] | None = None,
    env: str = "",
) -> list[str]:
    """All problems of one service."""
    return problems(with_service(attributes, top), others=others, env=env)


def with_service(attributes: str, top: str = "") -> str:
    """Write a file with the service ``web``; *attributes* are its lines."""
    lines = "".join(f"    {line}\n" for line in attributes.splitlines())
    return f"services:\n  web:\n    image: nginx:1\n{lines}{top}"


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content

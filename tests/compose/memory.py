"""Files in memory, and short ways to load them as a project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.compose.node import mapping, plain
from sandbox.compose.project import Project, ProjectRequest, load_project
from sandbox.errors import InvalidComposeError

FOLDER = "/home/me/shop"


@dataclass(frozen=True, kw_only=True)
class MemoryFiles:
    """Files by absolute path."""

    files: Mapping[str, bytes]

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def project(
    files: Mapping[str, str],
    *,
    names: Sequence[str] = (),
    env_files: Sequence[str] | None = None,
    profiles: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    directory: str | None = None,
    name: str | None = None,
    folder: str = FOLDER,
) -> Project:
    """Load *files*, which are named relative to `FOLDER`; of these *names*, or the usual one."""
    request = ProjectRequest(
        folder=folder,
        files=tuple(names),
        env_files=None if env_files is None else tuple(env_files),
        profiles=tuple(profiles),
        project_directory=directory,
        project_name=name,
        environment=environment or {},
    )
    found = {f"{FOLDER}/{path}": content.encode() for path, content in files.items()}
    return load_project(request, MemoryFiles(files=found))


def services(loaded: Project) -> dict[str, Any]:
    """Give the services of a project as plain values."""
    found = mapping(loaded.tree.get("services")).values.items()
    return {name: plain(node) for name, node in found}


def project_problems(
    files: Mapping[str, str],
    *,
    names: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    env_files: Sequence[str] | None = None,
    name: str | None = None,
    folder: str = FOLDER,
) -> list[str]:
    """All problems of files that must have some, as lines."""
    try:
        project(
            files,
            names=names,
            environment=environment,
            env_files=env_files,
            name=name,
            folder=folder,
        )
    except InvalidComposeError as error:
        return [str(problem) for problem in error.problems]
    raise AssertionError("the files were accepted")

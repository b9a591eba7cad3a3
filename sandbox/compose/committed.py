"""The files of one environment of a commit, as a project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sandbox.compose.paths import from_top
from sandbox.compose.project import Project, ProjectRequest, read_project
from sandbox.compose.source import REPOSITORY, CommittedFiles, CommittedSource
from sandbox.errors import InvalidComposeError
from sandbox.model.problem import Problem

FOLDER = "environments"
FILE_NAME = "compose.yaml"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def load_committed(environment: str, source: CommittedSource, release: str) -> Project:
    """
    Load the files of *environment* as a person would read them: paths are from the commit's top.

    Args:
        environment: Name of the folder below `FOLDER`.
        source: The commit.
        release: What ``SANDBOX_RELEASE`` reads as.

    Raises:
        InvalidComposeError: The files are wrong; carries every problem, by place.
    """
    project = read_committed(environment, source, own_variables(environment, source, release))
    if project.findings.problems:
        raise InvalidComposeError(project.findings.problems)
    return replace(project, tree=from_top(project.tree))


def read_committed(environment: str, source: CommittedSource, own: Mapping[str, str]) -> Project:
    """
    Read the files of *environment*; what they say about the machine they are read on is nothing.

    Variables are those of the committed ``.env`` and *own*, which win. Paths of the commit begin
    with `REPOSITORY`. Gates are kept, whatever profile is active. The project may have problems.

    Raises:
        InvalidComposeError: There is no such environment.
    """
    folder = f"{FOLDER}/{environment}"
    if not _NAME.fullmatch(environment):
        message = "an environment's folder is named with small letters, digits, `-` and `_`"
        raise _no_environment(folder, f"{message}, not {environment!r}")
    if source.read_file(f"{folder}/{FILE_NAME}") is None:
        raise _no_environment(folder, "there is no such file in the commit")
    request = ProjectRequest(
        folder=f"{REPOSITORY}/{folder}", environment=own, top=REPOSITORY, gates=True
    )
    return read_project(request, CommittedFiles(source))


def own_variables(environment: str, source: CommittedSource, release: str) -> dict[str, str]:
    """Give the variables that are ours."""
    return {
        "SANDBOX_ENVIRONMENT": environment,
        "SANDBOX_REVISION": source.revision,
        "SANDBOX_RELEASE": release,
    }


def _no_environment(folder: str, message: str) -> InvalidComposeError:
    return InvalidComposeError((Problem(file=f"{folder}/{FILE_NAME}", message=message),))

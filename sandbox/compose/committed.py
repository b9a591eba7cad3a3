"""The files of one environment of a commit, as a project."""

from __future__ import annotations

from sandbox.compose.project import Project, ProjectRequest, load_project
from sandbox.compose.source import REPOSITORY, CommittedFiles, CommittedSource

FOLDER = "environments"


def load_committed(environment: str, source: CommittedSource, release: str) -> Project:
    """
    Load the files of *environment*; what they say about the machine they are loaded on is nothing.

    Variables are those of the committed ``.env`` and our own names, which win. Paths of the commit
    begin with `REPOSITORY`.

    Args:
        environment: Name of the folder below `FOLDER`.
        source: The commit.
        release: What ``SANDBOX_RELEASE`` reads as.

    Raises:
        InvalidComposeError: The files are wrong; carries every problem, by place.
    """
    request = ProjectRequest(
        folder=f"{REPOSITORY}/{FOLDER}/{environment}",
        environment={
            "SANDBOX_ENVIRONMENT": environment,
            "SANDBOX_REVISION": source.revision,
            "SANDBOX_RELEASE": release,
        },
        top=REPOSITORY,
    )
    return load_project(request, CommittedFiles(source))

"""Files of a disk, as the loader reads them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sandbox.compose.project import Project, ProjectRequest, load_project
from sandbox.errors import InvalidComposeError, SourceError

SIZE_BYTES_MAX = 2**20 + 1
"""One byte more than the loader takes, so that it sees what is too large."""


class DiskSource:
    """Reads regular files; what is not one, such as a folder or a pipe, is not there."""

    def read(self, path: str) -> bytes | None:
        """
        Content of the file at *path*, of which at most `SIZE_BYTES_MAX`; ``None`` without one.

        Raises:
            SourceError: It is there, and cannot be read.
        """
        try:
            file = Path(path)
            if not stat.S_ISREG(file.stat().st_mode):
                return None
            with file.open("rb") as stream:
                return stream.read(SIZE_BYTES_MAX)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}") from error


def load_from_disk(
    *,
    files: tuple[str, ...],
    env_files: tuple[str, ...] | None,
    profiles: tuple[str, ...],
    project_directory: str | None,
    project_name: str | None,
) -> Project:
    """
    Load Compose files of the disk as ``docker compose`` does: this process's variables win.

    Raises:
        InvalidComposeError: The files are wrong.
        SourceError: One of them cannot be read.
    """
    request = ProjectRequest(
        folder=str(Path.cwd()),
        files=files,
        env_files=env_files,
        profiles=profiles,
        project_directory=project_directory,
        project_name=project_name,
        environment={name: _text(value) for name, value in os.environ.items()},
    )
    try:
        return load_project(request, DiskSource())
    except InvalidComposeError as error:
        raise InvalidComposeError(error.problems, remedy="correct what is named above") from error


def _text(value: str) -> str:
    """
    Put the sign for a lost letter where a variable holds bytes that are no UTF-8.
    """
    return os.fsencode(value).decode("utf-8", "replace")

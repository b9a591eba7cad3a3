"""Files of a disk, as the loader reads them."""

from __future__ import annotations

import stat
from pathlib import Path

from sandbox.errors import SourceError

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

"""The log of a background controller: its standard output, kept within bounds."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

SIZE_MAX: Final = 5_000_000
"""Bytes of one file."""
FILES_MAX: Final = 3
"""The one that is written and older ones: ``controller.log.1`` is the newest of those."""
_OUTPUTS: Final = (1, 2)


class ControllerLog:
    """
    Looks after ``<state_folder>/controller.log``.

    Args:
        size_max: A file of so many bytes is followed by a new one.
    """

    def __init__(self, state_folder: str, size_max: int = SIZE_MAX) -> None:
        self.file = Path(state_folder, "controller.log")
        self._size_max = size_max

    def rotate(self) -> None:
        """Begin a new file when this process writes the log and it is full; never fails."""
        with suppress(OSError):
            written = [number for number in _OUTPUTS if self._is_written_by(number)]
            if not written or self.file.stat().st_size < self._size_max:
                return
            for number in range(FILES_MAX - 1, 1, -1):
                with suppress(FileNotFoundError):
                    self._older(number - 1).replace(self._older(number))
            self.file.replace(self._older(1))
            sys.stdout.flush()
            sys.stderr.flush()
            opened = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            for number in written:
                os.dup2(opened, number)
            os.close(opened)

    def _is_written_by(self, number: int) -> bool:
        """Tell whether an output of this process is the file, and not a terminal or a pipe."""
        return os.path.samestat(os.fstat(number), self.file.stat())

    def _older(self, number: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{number}")

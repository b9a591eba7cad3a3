"""The file of this machine that says what is allowed although the policy denies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.waiver import WaiverFile
from sandbox.planning.waiver_file import read_waivers

if TYPE_CHECKING:
    from pathlib import Path

WAIVERS_MAX_BYTES: Final = 2**20


def load_waivers(path: Path) -> WaiverFile:
    """Read the file at *path*, which may be missing; the answer names what is wrong with it."""
    try:
        with path.open("rb") as file:
            content = file.read(WAIVERS_MAX_BYTES + 1)
    except FileNotFoundError:
        content = None
    except OSError as error:
        problem = f"{path}: it cannot be read: {error.strerror}"
        return WaiverFile(path=str(path), problems=(problem,))
    return read_waivers(content, str(path))

"""One writer per repository: a kernel lock on a file, gone with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sandbox.errors import LockedError, SetupError

LOOKS: Final = 5
LOOK_AGAIN_S: Final = 0.02
DESCRIPTION_MAX_BYTES: Final = 1000


class FileLock:
    """
    Implements `sandbox.ports.Lock` on ``<state_folder>/lock``.

    Args:
        state_folder: Made when the lock is first held; looking makes nothing.
        command: What this process does, as people know it, such as ``sandbox up``; no secrets.
    """

    def __init__(self, state_folder: str, command: str = "sandbox") -> None:
        self._file = Path(state_folder, "lock")
        self._command = command

    @contextmanager
    def hold(self) -> Generator[None]:
        """
        Hold it.

        Raises:
            LockedError: Another process holds it, or another part of this one; says which.
            SetupError: The state folder cannot be written.
        """
        descriptor = self._open()
        try:
            if not _take(descriptor):
                who = _description(descriptor) or "another process"
                raise LockedError(
                    f"{who} already looks after this repository",
                    remedy="wait for it to end, or ask it to: sandbox status shows what it does",
                )
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{self._command} (process {os.getpid()})\n".encode(), 0)
            try:
                yield
            finally:
                # The file stays: removing it would let two processes lock two files of its name.
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def holder(self) -> str | None:
        """Who holds it now, for people; ``None`` when nobody does."""
        try:
            descriptor = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            # A shared lock of an instant; who wants to hold it meanwhile looks again (`_take`).
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _description(descriptor) or "another process"
        else:
            return None
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SetupError(
                f"the lock file {self._file} cannot be made: {error.strerror}",
                remedy=f"make {self._file.parent} writable for this user",
            ) from error


def _take(descriptor: int) -> bool:
    for look in range(LOOKS):
        if look:
            time.sleep(LOOK_AGAIN_S)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return True
    return False


def _description(descriptor: int) -> str:
    """What the holder wrote, on one line."""
    written = os.pread(descriptor, DESCRIPTION_MAX_BYTES, 0)
    return " ".join(written.decode(errors="replace").split())

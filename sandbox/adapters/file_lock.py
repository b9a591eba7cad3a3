"""One writer per repository: a kernel lock on a file, gone with the process that holds it."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from sandbox.errors import LockedError, SetupError

LOOKS: Final = 5
LOOK_AGAIN_S: Final = 0.02
DESCRIPTION_MAX_BYTES: Final = 1000
PROCESS: Final = re.compile(r"\(process (\d+)")


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
        self._descriptor: int | None = None

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
                raise locked(_description(descriptor) or "another process")
            self._describe(descriptor)
            self._descriptor = descriptor
            try:
                yield
            finally:
                self._descriptor = None
                # The file stays: removing it would let two processes lock two files of its name.
                _write(descriptor, "")
        finally:
            os.close(descriptor)

    def still_held(self) -> bool:
        """Whether we hold it, and nobody else can; a file that was deleted is made anew."""
        if self._descriptor is None:
            return False
        with suppress(OSError):
            if os.path.samestat(self._file.stat(), os.fstat(self._descriptor)):
                return True
        descriptor = self._open()
        try:
            if not _take(descriptor):
                return False
            self._describe(descriptor)
            os.dup2(descriptor, self._descriptor, inheritable=False)
            return True
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

    def _describe(self, descriptor: int) -> None:
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        _write(descriptor, f"{self._command} (process {os.getpid()}, since {since})\n")

    def _open(self) -> int:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SetupError(
                f"the lock file {self._file} cannot be made: {error.strerror}",
                remedy=_remedy(error, self._file.parent),
            ) from error


def is_controller(holder: str) -> bool:
    """Tell whether *holder*, as `FileLock.holder` names it, is a controller."""
    return "up" in holder.split()


def locked(holder: str) -> LockedError:
    """Say that *holder* has the lock, and how to end it: a controller has a command for that."""
    if is_controller(holder):
        return LockedError(
            f"a controller already looks after this repository: {holder}",
            remedy="end it (containers keep running): sandbox stop",
        )
    return LockedError(
        f"another command works on this repository: {holder}",
        remedy=f"wait for it to end, or end it (containers keep running): {_end(holder)}",
    )


def deaf(holder: str, socket_path: str) -> LockedError:
    """Say that the controller *holder* cannot be asked anything, not even to end."""
    return LockedError(
        f"the controller does not answer at {socket_path}: {holder}",
        remedy=f"wait a moment, or end it (containers keep running): {_end(holder)}",
    )


def _end(holder: str) -> str:
    process = PROCESS.search(holder)
    return f"kill {process[1]}" if process else "its process"


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


def _write(descriptor: int, text: str) -> None:
    """Write who holds the lock, for people; the lock holds without it, on a full disk too."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)


def _remedy(error: OSError, folder: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"free space on the disk of {folder}: sandbox doctor"
    return f"make {folder} writable for this user"


def _description(descriptor: int) -> str:
    """What the holder wrote, on one line."""
    written = os.pread(descriptor, DESCRIPTION_MAX_BYTES, 0)
    return " ".join(written.decode(errors="replace").split())

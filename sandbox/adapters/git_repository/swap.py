"""Replace a file so that what somebody else writes at the same moment is seen, and not lost."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import glob
import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.locks import wait_until

HERE: Final = -100  # AT_FDCWD
EXCHANGE: Final = 2  # RENAME_EXCHANGE
WRITER_S: Final = 0.5
"""How long somebody who has the old file open may take to close it."""


class Swap:
    """
    One file that is replaced; the old one is kept beside it until `finish`.

    Args:
        place: Where the file is, or is to be.
        old: What it must hold; ``None``: nothing is there.
        new: What it gets, with the rights and the owner of the old one.
    """

    def __init__(self, place: Path, *, old: bytes | None, new: bytes) -> None:
        self._place = place
        self._old = old
        self._new = new
        self._beside: Path | None = None
        self._made = False

    def begin(self) -> bool:
        """Replace it; ``False``, and nothing changed, when it did not hold what it must."""
        beside = _written_beside(self._place, self._new)
        try:
            if self._old is None:
                self._made = _link(beside, self._place)
                return self._made
            with suppress(FileNotFoundError):
                _exchange(beside, self._place)
                if beside.read_bytes() == self._old:
                    self._beside = beside
                    return True
                _exchange(beside, self._place)
            return False
        finally:
            if self._beside is None:
                beside.unlink(missing_ok=True)

    def put_back(self) -> None:
        """Undo `begin`, unless somebody has edited the new file since."""
        if _content(self._place) == self._new:
            if self._beside:
                _exchange(self._beside, self._place)
            elif self._made:
                self._place.unlink()
        self._forget()

    def finish(self) -> None:
        """Drop the old file; what was written to it since `begin` comes back, as an edit."""
        if self._beside:
            with self._beside.open("rb") as file:
                wait_until(lambda: _nobody_writes(file.fileno()), WRITER_S)
                edited = file.read() != self._old
            if edited and _content(self._place) == self._new:
                _exchange(self._beside, self._place)
        self._forget()

    def _forget(self) -> None:
        if self._beside:
            self._beside.unlink(missing_ok=True)
            self._beside = None


def remove_left(place: Path, is_ours: Callable[[bytes], bool]) -> None:
    """Remove what killed processes of ours left beside *place*; an edit is not ours and stays."""
    for left in place.parent.glob(f"{glob.escape(_prefix(place))}*"):
        content = _content(left)
        if content is not None and is_ours(content):
            left.unlink(missing_ok=True)


def _prefix(place: Path) -> str:
    return f".{place.name}.sandbox-"


def _written_beside(place: Path, content: bytes) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    there = place.exists()
    like = (place if there else place.parent).stat()
    rights = stat.S_IMODE(like.st_mode) & (0o777 if there else 0o666)
    descriptor, name = tempfile.mkstemp(prefix=_prefix(place), dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            os.chown(name, like.st_uid, like.st_gid)
        Path(name).chmod(rights)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _exchange(one: Path, other: Path) -> None:
    """Give each the other's name, in one step where the system can."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename and not rename(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE):
        return
    number = ctypes.get_errno()
    if rename and number not in {errno.ENOSYS, errno.EINVAL}:
        raise OSError(number, os.strerror(number), str(other))
    third = one.with_name(f"{one.name}.old")
    os.link(other, third)
    one.replace(other)
    third.replace(one)


def _link(file: Path, place: Path) -> bool:
    """Give *file* the name *place* too, unless that is taken."""
    try:
        os.link(file, place)
    except FileExistsError:
        return False
    return True


def _content(place: Path) -> bytes | None:
    with suppress(OSError):
        return place.read_bytes()
    return None


def _nobody_writes(descriptor: int) -> bool:
    """A lease is given only on a file that nobody has open for writing."""
    lease = getattr(fcntl, "F_SETLEASE", None)
    if lease is None:
        return True
    try:
        fcntl.fcntl(descriptor, lease, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno != errno.EAGAIN
    return True

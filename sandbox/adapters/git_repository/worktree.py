"""
The work tree, compared with commits by reading files only.

Git's own ``status`` and ``diff`` would run the filters that a repository's config names.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.cache import BoundedCache
from sandbox.adapters.git_repository.tree import LINK, SUBMODULE, path_parts
from sandbox.errors import SourceError
from sandbox.ports import TreeEntry

FILES_MAX: Final = 20_000
FILE_MAX_BYTES: Final = 64 * 1024 * 1024
SKIPPED_FOLDERS: Final = frozenset(
    {
        ".git",
        ".hypothesis",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)


IsFolder = Callable[[str], bool]


def is_folder(place: str) -> bool:
    """Whether *place* is a folder itself, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(place).st_mode)
    except (OSError, ValueError):
        return False


class WorkTree:
    """
    Files below *top*; never follows a link out of it.

    Args:
        top: Absolute path of the work tree.
        hash_name: ``sha1`` or ``sha256``, as the repository names its objects.
    """

    def __init__(self, top: str, hash_name: str) -> None:
        self.top = top
        self._hash_name = hash_name
        self._ids: BoundedCache[tuple[str, int, int, int], tuple[str, str]] = BoundedCache(
            FILES_MAX
        )

    def place(self, path: str, is_folder: IsFolder = is_folder) -> str | None:
        """Absolute place of *path*; ``None`` when a folder on the way is a link or missing."""
        here = self.top
        for part in path_parts(path):
            if not is_folder(here):
                return None
            here = f"{here}/{part}"
        return here

    def files(self, folder: str) -> Iterator[str]:
        """Paths of files and links below *folder*, caches and nested repositories left out."""
        start = self.place(folder)
        if start is None or Path(start).is_symlink():
            return
        count = 0
        for here, folders, names in os.walk(start):
            links = [name for name in folders if Path(here, name).is_symlink()]
            folders[:] = [name for name in folders if not _is_skipped(here, name)]
            for name in (*names, *links):
                count += 1
                if count > FILES_MAX:
                    raise SourceError(f"there are more than {FILES_MAX:,} files below {start}")
                yield os.path.relpath(f"{here}/{name}", self.top)

    def read(self, path: str) -> bytes | None:
        """
        Content of the file at *path*, links inside the work tree followed.

        Returns:
            ``None`` when it is no regular file inside the work tree.
        """
        place = Path(self.top, *path_parts(path)).resolve()
        if not place.is_relative_to(Path(self.top).resolve()) or not place.is_file():
            return None
        if place.stat().st_size > FILE_MAX_BYTES:
            raise SourceError(f"{path} has more than {FILE_MAX_BYTES:,} bytes")
        return place.read_bytes()

    def holds(self, path: str, entry: TreeEntry | None, is_folder: IsFolder = is_folder) -> bool:
        """
        Whether the work tree has at *path* what *entry* says; ``None`` says that nothing is there.

        *is_folder* may remember what it said, for one look at many paths.

        Equal but for line ends (``core.autocrlf``) is equal. Submodules are not looked at.
        """
        if entry is None:
            place = self.place(path, is_folder)
            return place is None or not os.path.lexists(place)
        if entry.mode == SUBMODULE:
            return True
        return entry.object_id in self.object_ids(path, is_folder, link=entry.mode == LINK)

    def object_ids(
        self, path: str, is_folder: IsFolder = is_folder, *, link: bool
    ) -> tuple[str, ...]:
        """Ids that the file at *path* would have as it is, and with bare line feeds; else empty."""
        place = self.place(path, is_folder)
        try:
            about = os.lstat(place) if place else None
        except OSError:
            about = None
        if place is None or about is None:
            return ()
        if stat.S_ISLNK(about.st_mode):
            return (self._id(os.fsencode(Path(place).readlink())),) if link else ()
        if not stat.S_ISREG(about.st_mode) or link or about.st_size > FILE_MAX_BYTES:
            return ()
        key = (path, about.st_mtime_ns, about.st_size, about.st_ino)
        return self._ids.remember(key, lambda: self._ids_of(Path(place).read_bytes()))

    def _ids_of(self, content: bytes) -> tuple[str, str]:
        return self._id(content), self._id(content.replace(b"\r\n", b"\n"))

    def _id(self, content: bytes) -> str:
        """The id that Git gives to a file of this *content*."""
        digest = hashlib.new(self._hash_name, b"blob %d\0" % len(content), usedforsecurity=False)
        digest.update(content)
        return digest.hexdigest()


def _is_skipped(above: str, name: str) -> bool:
    return name in SKIPPED_FOLDERS or Path(above, name, ".git").exists()

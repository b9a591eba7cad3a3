"""Where Git keeps what a commit only names: stores of submodules, and of Git LFS."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.place import Place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import SourceError

DEPTH_MAX: Final = 20
LFS: Final = "lfs"
POINTER_MAX_BYTES: Final = 1024
LFS_MAX_BYTES: Final = 256 * 1024 * 1024
POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?P<extensions>(?:ext-\d-[^\n ]+ [^\n]+\n)*)"
    rb"oid sha256:(?P<oid>[0-9a-f]{64})\n"
    rb"size (?P<size>\d+)\n"
)


class Stores:
    """
    Finds them, each time anew: a command of the user's may bring one.

    What is in them is named by its content, so it does not matter in which one it is.

    Args:
        program: Git in the repository at *place*.
    """

    def __init__(self, place: Place, program: GitProgram) -> None:
        self._place = place
        self._program = program
        self._nested: set[str] = set()

    def note(self, path: str) -> None:
        """Look at *path* of the work tree too: old submodules keep their store there."""
        if self._place.top:
            self._nested.add(str(Path(self._place.top, path, ".git")))

    def objects(self) -> tuple[str, ...]:
        """Folders with the objects of submodules."""
        return tuple(str(Path(folder, "objects")) for folder in self._modules())

    def lfs_object(self, oid: str) -> Path | None:
        """File with the content of the LFS object *oid*; ``None`` when it is nowhere."""
        name = Path("objects", oid[:2], oid[2:4], oid)
        for folder in self._lfs_folders():
            if (folder / name).is_file():
                return folder / name
        return None

    def _lfs_folders(self) -> Iterator[Path]:
        for folder in (self._place.common_dir, *self._modules()):
            yield Path(folder, "lfs")
        configured = self._program.ask("config", "--type=path", "--get", "lfs.storage").stdout
        if configured.strip():
            yield Path(self._place.common_dir, os.fsdecode(configured).removesuffix("\n"))

    def _modules(self) -> tuple[str, ...]:
        """Git's folders of all submodules, nested ones included."""
        tops = {self._place.common_dir, self._place.git_dir, *self._nested}
        found = {folder for folder in self._nested if Path(folder, "objects").is_dir()}
        for top in tops:
            found.update(_below(Path(top, "modules"), DEPTH_MAX))
        return tuple(sorted(found))


def _below(folder: Path, depth: int) -> Iterator[str]:
    """The name of a submodule may have slashes; its own submodules are below it."""
    with suppress(OSError):
        for place in folder.iterdir() if depth else ():
            if (place / "HEAD").is_file() and (place / "objects").is_dir():
                yield str(place)
                yield from _below(place / "modules", depth - 1)
            elif place.is_dir():
                yield from _below(place, depth - 1)


def lfs_content(stores: Stores, pointer: bytes, path: str, commit: str) -> bytes:
    """
    Content that the LFS *pointer* at *path* of *commit* stands for.

    Raises:
        SourceError: It is not on this machine, damaged, or too large.
    """
    fields = POINTER.fullmatch(pointer)
    assert fields
    if fields["extensions"]:
        raise SourceError(f"{path} needs a program of a Git LFS extension, which is not run")
    oid, size = fields["oid"].decode(), int(fields["size"])
    if size > LFS_MAX_BYTES:
        raise SourceError(
            f"{path} has {size:,} bytes in Git LFS; the most that is read is {LFS_MAX_BYTES:,}"
        )
    file = stores.lfs_object(oid)
    if file is None:
        raise SourceError(
            f"the content of {path} is in Git LFS, and not on this machine",
            remedy=f"git lfs pull (for an older commit: git lfs fetch origin {commit[:12]})",
        )
    content = file.read_bytes()
    if len(content) != size or hashlib.sha256(content).hexdigest() != oid:
        raise SourceError(
            f"the content of {path} in Git LFS is damaged: {file}",
            remedy=f"rm {file} && git lfs pull",
        )
    return content


def is_pointer(content: bytes) -> bool:
    """Whether *content* is exactly a pointer of Git LFS."""
    return len(content) <= POINTER_MAX_BYTES and POINTER.fullmatch(content) is not None

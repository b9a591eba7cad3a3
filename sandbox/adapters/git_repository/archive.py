"""A tar of a committed folder, made here: ``git archive`` would run filters and obey attributes."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Iterable
from typing import Final

from sandbox.adapters.git_repository.tree import EXECUTABLE, LINK
from sandbox.errors import SourceError
from sandbox.ports import TreeEntry

SIZE_MAX_BYTES: Final = 512 * 1024 * 1024


def archive(
    entries: Iterable[TreeEntry], folder: str, content_of: Callable[[TreeEntry], bytes]
) -> bytes:
    """
    Pack *entries* relative to *folder*, which all of them are below.

    The same bytes for the same entries: sorted, no times, no owners. Links stay links, folders are
    implied by what is in them.

    Raises:
        SourceError: More than 512 MiB.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(entries, key=lambda entry: entry.path):
            content = content_of(entry)
            name = entry.path[len(folder) + 1 :] if folder else entry.path
            tar.addfile(_member(name, entry.mode, content), io.BytesIO(content))
            if packed.tell() > SIZE_MAX_BYTES:
                raise SourceError(
                    f"the folder has more than {SIZE_MAX_BYTES:,} bytes, too many for a build",
                    remedy="move what the build does not need out of the folder",
                )
    return packed.getvalue()


def _member(name: str, mode: str, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    if mode == LINK:
        member.type = tarfile.SYMTYPE
        member.linkname = os.fsdecode(content)
        member.mode = 0o777
    else:
        member.size = len(content)
        member.mode = 0o755 if mode == EXECUTABLE else 0o644
    return member

"""A tar of a committed folder, made here: ``git archive`` would run filters and obey attributes."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from typing import Final

from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.tree import EXECUTABLE, LINK, SUBMODULE
from sandbox.errors import SourceError
from sandbox.ports import TreeEntry

SIZE_MAX_BYTES: Final = 512 * 1024 * 1024


def archive(objects: ObjectReader, entries: Iterable[TreeEntry]) -> bytes:
    """
    Pack *entries*, whose paths are relative to the folder that is packed.

    The same bytes for the same entries: sorted, no times, no owners. Links stay links, submodules
    are left out, folders are implied by what is in them.

    Raises:
        SourceError: More than 512 MiB.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in sorted(entries, key=lambda entry: entry.path):
            if entry.mode == SUBMODULE:
                continue
            content = objects.need(entry.object_id, "blob")
            tar.addfile(_member(entry, content), io.BytesIO(content))
            if packed.tell() > SIZE_MAX_BYTES:
                raise SourceError(
                    f"the folder has more than {SIZE_MAX_BYTES:,} bytes, too many for a build",
                    remedy="move what the build does not need out of the folder",
                )
    return packed.getvalue()


def _member(entry: TreeEntry, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(entry.path)
    if entry.mode == LINK:
        member.type = tarfile.SYMTYPE
        member.linkname = os.fsdecode(content)
        member.mode = 0o777
    else:
        member.size = len(content)
        member.mode = 0o755 if entry.mode == EXECUTABLE else 0o644
    return member

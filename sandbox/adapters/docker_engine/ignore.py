"""
PURE: a build context without what its ``.dockerignore`` names.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath
from typing import cast

from docker.utils.build import PatternMatcher

_IGNORE_FILE = ".dockerignore"


def without_ignored(context: bytes, dockerfile: str) -> bytes:
    """
    Give the tar *context* without the files that it says to ignore.

    ``<dockerfile>.dockerignore`` wins over ``.dockerignore``. The Dockerfile stays in any case.

    Source:
        Dockerfile reference, ".dockerignore file".
    """
    with tarfile.open(fileobj=io.BytesIO(context)) as source:
        members = {_name(member): member for member in source.getmembers()}
        own = f"{_clean(dockerfile)}.dockerignore"
        ignore_file = members.get(own) or members.get(_IGNORE_FILE)
        opened = source.extractfile(ignore_file) if ignore_file else None
        if opened is None:
            return context
        patterns = _patterns(opened.read().decode("utf-8", "replace"))
        matcher = PatternMatcher(patterns)
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as kept:
            for name, member in members.items():
                # The stubs ask for a path object; the function splits a text.
                if name != _clean(dockerfile) and matcher.matches(cast("PurePosixPath", name)):
                    continue
                kept.addfile(member, source.extractfile(member) if member.isreg() else None)
    return target.getvalue()


def _patterns(text: str) -> list[str]:
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _name(member: tarfile.TarInfo) -> str:
    return _clean(member.name)


def _clean(path: str) -> str:
    return str(PurePosixPath(path.lstrip("/")))

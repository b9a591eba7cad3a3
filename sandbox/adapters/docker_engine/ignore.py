"""
PURE: a build context without what its ``.dockerignore`` names.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.ignore_pattern import (
    Pattern,
    PatternError,
    exception,
    read_patterns,
)
from sandbox.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Collection

_IGNORE_FILE = ".dockerignore"


def without_ignored(context: bytes, dockerfile: str) -> bytes:
    """
    Give the tar *context* without the files that it says to ignore.

    ``<dockerfile>.dockerignore`` wins over ``.dockerignore``. The Dockerfile and the list stay in
    any case: the engine's builder reads both, and takes them out itself.

    Raises:
        ImageError: A pattern is malformed.

    Source:
        Dockerfile reference, ".dockerignore file"; what `docker build` sends.
    """
    with tarfile.open(fileobj=io.BytesIO(context)) as source:
        members = {_clean(member.name): member for member in source.getmembers()}
        name = f"{_clean(dockerfile)}.dockerignore"
        name = name if name in members else _IGNORE_FILE
        opened = source.extractfile(members[name]) if name in members else None
        if opened is None:
            return context
        try:
            walk = _Walk.of(opened.read().decode("utf-8", "replace"), {name, _clean(dockerfile)})
            sent = [member for path, member in members.items() if walk.keeps(path)]
        except PatternError as error:
            remedy = f"fix {name} of the build context, and commit"
            raise ImageError(f"{name}: {error}", remedy=remedy) from error
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as kept:
            for member in sent:
                kept.addfile(member, source.extractfile(member) if member.isreg() else None)
    return target.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """
    What the walk knows of a folder.

    Attributes:
        entered: Are its entries looked at?
        matched: For each pattern, did the folder or one above it match?
    """

    entered: bool
    matched: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """
    Decides from the top down, as `docker build` does.

    A folder that is ignored is entered only for an exception that begins with its path; so ``!**x``
    brings nothing back from below an ignored folder.
    """

    patterns: tuple[Pattern, ...]
    folders: dict[str, _Folder] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, needed: Collection[str]) -> _Walk:
        """Make the walk of a list of ignored files; exceptions for *needed* files go last."""
        found = read_patterns(text)
        ignored = [path for path in sorted(needed) if _is_ignored(path, found)]
        return cls(patterns=(*found, *map(exception, ignored)))

    def keeps(self, path: str) -> bool:
        """Is the file or folder at *path* sent?"""
        above = self._folder(posixpath.dirname(path))
        return above.entered and not self._judged(path, above.matched)[0]

    def _folder(self, path: str) -> _Folder:
        if not path:
            return _Folder(entered=True, matched=(False,) * len(self.patterns))
        if path not in self.folders:
            above = self._folder(posixpath.dirname(path))
            ignored, matched = self._judged(path, above.matched)
            entered = above.entered and (not ignored or self._has_exception_below(path))
            self.folders[path] = _Folder(entered=entered, matched=matched)
        return self.folders[path]

    def _judged(self, path: str, above: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """Is *path* ignored, and by which patterns? One that cannot change it is not asked."""
        ignored = False
        matched: list[bool] = []
        for pattern, known in zip(self.patterns, above, strict=True):
            counts = known or (pattern.is_exception == ignored and pattern.matches(path))
            matched.append(counts)
            if counts:
                ignored = not pattern.is_exception
        return ignored, tuple(matched)

    def _has_exception_below(self, path: str) -> bool:
        return any(
            pattern.is_exception and f"{pattern.text}/".startswith(f"{path}/")
            for pattern in self.patterns
        )


def _is_ignored(path: str, patterns: tuple[Pattern, ...]) -> bool:
    """Is *path* ignored? Of the folders above it, a pattern sees the one as deep as itself."""
    ignored = False
    above = posixpath.dirname(path).split("/")
    for pattern in patterns:
        if pattern.is_exception != ignored:
            continue
        depth = pattern.text.count("/") + 1
        folder = "/".join(above[:depth]) if depth <= len(above) else ""
        if pattern.matches(path) or (folder and pattern.matches(folder)):
            ignored = not pattern.is_exception
    return ignored


def _clean(path: str) -> str:
    return posixpath.normpath(path.lstrip("/"))

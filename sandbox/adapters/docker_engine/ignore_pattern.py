"""
PURE: the patterns of a ``.dockerignore``: how a line is read, and what it matches.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPECIAL = frozenset(".+()|{}$&~")
"""Letters that mean something in a regular expression, and nothing in a pattern."""

_FIRST_PART = re.compile(r"\**(?:\\.|\[(?:\\.|[^\\\]])*\]?|[^*\[\\]|\\\Z)*", re.DOTALL)
"""Stars, and then all up to the next star that is not between brackets."""


class PatternError(Exception):
    """A line is no pattern; the message shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """
    One line.

    Attributes:
        text: A clean path with ``*``, ``?``, ``[...]``, ``**`` and backslashes.
        is_exception: It began with an exclamation mark.
        is_exact: *text* is a path, whose letters all stand for themselves.
    """

    text: str
    is_exception: bool
    is_exact: bool = False

    def matches(self, path: str) -> bool:
        """
        Does the whole *path* match?

        Raises:
            PatternError: The pattern is malformed, which only shows when it is used.
        """
        if self.is_exact:
            return path == self.text
        return _compiled(self.text).fullmatch(path) is not None


def exception(path: str) -> Pattern:
    """Make the pattern that brings exactly *path* back."""
    return Pattern(text=path, is_exception=True, is_exact=True)


def read_patterns(text: str) -> tuple[Pattern, ...]:
    """
    Read every line; a comment begins with ``#`` in its first column.

    Raises:
        PatternError: A line is malformed.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    return tuple(_pattern(line.strip()) for line in lines if line.strip() and line[0] != "#")


def _pattern(line: str) -> Pattern:
    mark = "!" if line.startswith("!") else ""
    path = line.removeprefix("!").strip()
    path = _clean(path) if path else ""
    if len(path) > 1:
        path = path.removeprefix("/")
    # What is left may begin with a mark again, as `./!x` does: it counts, in `docker build` too.
    whole = _clean(f"{mark}{path}".strip())
    text = whole.removeprefix("!")
    if not text or not _is_well_formed(text):
        raise PatternError(f"{line!r} is no pattern")
    return Pattern(text=text, is_exception=whole.startswith("!"))


def _clean(path: str) -> str:
    """Write a path without detours."""
    found = posixpath.normpath(path)
    return found[1:] if found.startswith("//") else found


def _is_well_formed(text: str) -> bool:
    """
    Does each bracket hold letters or ranges, and end, and no backslash stand last?

    As in `docker build`, only up to the first star between others: what follows is only compiled.
    """
    first = _FIRST_PART.match(text)
    assert first is not None, "it matches nothing as well"
    text = first[0]
    letter = r"(?:\\.|[^\\\]\-])"
    return bool(re.fullmatch(rf"(?s:\\.|[^\\\[]|\[\^?(?:{letter}(?:-{letter})?)+\])*", text))


@lru_cache(maxsize=256)
def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(_expression(text))
    except re.error as error:
        raise PatternError(f"{text!r} is no pattern: {error}") from error


def _expression(text: str) -> str:
    """
    Write a pattern as a regular expression.

    ``**`` before a slash stands for folders, also for none. At the beginning of a pattern without
    further wildcards it stands for anything at all, as at the end: ``**test`` matches ``latest``.
    """
    rest = text.removeprefix("**")
    if rest != text and _is_plain(rest):
        folders = "(?s:.*/)?" if rest.startswith("/") else "(?s:.*)"
        return folders + re.escape(rest.removeprefix("/"))
    start = text.removesuffix("**")
    if start != text and _is_plain(start):
        return re.escape(start) + "(?s:.*)"
    return "".join(_parts(text))


def _is_plain(text: str) -> bool:
    return not re.search(r"[*?\[\]\\]", text)


def _parts(text: str) -> Iterator[str]:
    in_class = False
    for found in re.finditer(r"\*\*/?|\\?.", text, re.DOTALL):
        part = found[0]
        if part in {"*", "?"}:
            # Between brackets its own bracket is a letter, and its end is the end of theirs.
            yield ("\\" if in_class else "") + ("[^/]*" if part == "*" else "[^/]")
            in_class = False
        elif part.startswith("**"):
            yield "(?:.*/)?" if found.end() < len(text) else ".*"
        elif part == "[" and in_class:
            yield "\\["
        else:
            in_class = part == "[" or (in_class and part != "]")
            yield f"\\{part}" if part in _SPECIAL else part

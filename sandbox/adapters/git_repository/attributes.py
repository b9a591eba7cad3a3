"""
Which filter the committed ``.gitattributes`` name for a file.

``git check-attr`` reads a commit only from Git 2.40 on, before that an index or the work tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

ATTRIBUTES: Final = ".gitattributes"
MACRO: Final = "[attr]"
PIECES: Final = re.compile(r"\*\*/|/\*\*$|\*+|\?|\\.|\[[!^]?\]?[^\]]+\]|.", re.DOTALL)
WILD: Final = {"**/": "(?:.*/)?", "/**": "/.*", "?": "[^/]"}


def filter_of(files: Mapping[str, bytes], path: str) -> str:
    """
    Name of the filter of the file at *path*; empty when it has none.

    Args:
        files: Content of ``.gitattributes`` by folder (``""`` is the top), those on the way to the
            file.

    Source:
        gitattributes(5): the last line that matches counts, a deeper file more than an upper one.
    """
    macros: dict[str, list[str]] = {}
    lines: list[list[str]] = []
    for folder in sorted(files, key=len):
        below = path[len(folder) + 1 :] if folder else path
        for pattern, attributes in _lines(files[folder]):
            if not pattern.startswith(MACRO):
                lines += [attributes] if _matches(pattern, below) else []
            elif not folder:
                macros[pattern.removeprefix(MACRO)] = attributes
    settled: dict[str, str] = {}
    for attributes in reversed(lines):
        _settle(attributes, macros, settled)
    return settled.get("filter", "")


def _settle(
    attributes: list[str], macros: Mapping[str, list[str]], settled: dict[str, str]
) -> None:
    """Note in *settled* what *attributes* say, unless a later line said something of the same."""
    for attribute in reversed(attributes):
        name, _, value = attribute.lstrip("-!").partition("=")
        if name not in settled:
            settled[name] = value
            if attribute == name and name in macros:
                _settle(macros[name], macros, settled)


def _lines(content: bytes) -> Iterator[tuple[str, list[str]]]:
    for line in content.decode(errors="surrogateescape").splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            pattern, attributes = _first_word(stripped)
            yield pattern, attributes.split()


def _first_word(line: str) -> tuple[str, str]:
    """A pattern with spaces is quoted."""
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"', line)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted[1]), line[quoted.end() :]
    pattern, _, attributes = line.replace("\t", " ").partition(" ")
    return pattern, attributes


def _matches(pattern: str, path: str) -> bool:
    if pattern.startswith("!") or pattern.endswith("/"):
        return False
    if "/" not in pattern:
        return _regex(pattern).fullmatch(path.rpartition("/")[2]) is not None
    return _regex(pattern.removeprefix("/")).fullmatch(path) is not None


def _regex(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    for piece in PIECES.findall(pattern):
        if piece in WILD:
            parts.append(WILD[piece])
        elif piece.startswith("*"):
            parts.append("[^/]*")
        elif piece.startswith("[") and piece.endswith("]"):
            negated = "^" if piece[1] in "!^" else ""
            inner = piece[2:-1] if negated else piece[1:-1]
            escaped = inner.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
            parts.append(f"[{negated}{escaped}]")
        else:
            parts.append(re.escape(piece[-1]))
    return re.compile("".join(parts), re.DOTALL)

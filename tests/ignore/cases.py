"""Chance: small trees, and lists of what they ignore."""

from __future__ import annotations

import io
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path

_NAMES = ("a", "ab", "b", "test", "latest", "ign", "x.md", "y.md", ".e", "a.b", "q r", "[z]", "#c")
_PARTS = (
    *_NAMES, "*", "**", "?", "*.md", "**test", "*t", "a*", "[ab]", "[^a]", "[a-c]b", "a**",
    "te?t", "\\a", "\\*", "..", ".", "", "***", "]", "a?**",
)  # fmt: skip
_ODD_PARTS = ("[", "[a", "[b-a]", "[a*", "[]a]", "a\\", "[[a]")
_ODD_LINES = (
    "",
    "  ",
    "# a comment",
    " # none",
    "/",
    ".",
    "!!a",
    "./!ab",
    "**",
    "!**",
    "!.",
    "!",
    "!/",
)
_LINES_MAX = 4
DEPTH_MAX = 4


@dataclass(frozen=True, kw_only=True)
class Case:
    """A context: its *files*, which all hold nothing, its list, and where the Dockerfile is."""

    files: frozenset[str]
    ignored: str
    dockerfile: str

    def write(self, folder: Path) -> None:
        for path, content in self._contents().items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)

    def tar(self) -> bytes:
        """Give the files as the controller has them from a commit: files only, sorted."""
        target = io.BytesIO()
        with tarfile.open(fileobj=target, mode="w") as tar:
            for path, content in sorted(self._contents().items()):
                member = tarfile.TarInfo(path)
                member.size = len(content.encode())
                tar.addfile(member, io.BytesIO(content.encode()))
        return target.getvalue()

    def _contents(self) -> dict[str, str]:
        files = dict.fromkeys(self.files, "")
        return files | {self.dockerfile: "FROM scratch\n", ".dockerignore": self.ignored}


def some_case(chance: random.Random) -> Case:
    """Make one; names and patterns are few, so that they meet."""
    folders = [""]
    files: set[str] = set()
    for _ in range(chance.randint(3, 14)):
        folder = chance.choice(folders)
        path = f"{folder}{chance.choice(_NAMES)}"
        if f"{path}/" in folders or path in files:
            continue
        if chance.random() < 0.4 and path.count("/") < DEPTH_MAX:
            folders.append(f"{path}/")
        else:
            files.add(path)
    lines = [_line(chance, sorted(files)) for _ in range(chance.randint(1, _LINES_MAX))]
    end = chance.choice(["\n", "\n", "\n", "\r\n"])
    folder = chance.choice(folders) if chance.random() < 0.3 else ""
    folder = "" if "[" in folder else folder  # `docker build` takes it for a pattern
    return Case(
        files=frozenset(files),
        ignored=chance.choice(["", "", "", "\ufeff"]) + end.join(lines) + chance.choice(["", end]),
        dockerfile=f"{folder}Dockerfile",
    )


def _line(chance: random.Random, files: list[str]) -> str:
    kind = chance.random()
    if kind < 0.05:
        return chance.choice(_ODD_LINES)
    if kind < 0.65 and files:
        parts = chance.choice(files).split("/")
        parts = parts[: chance.randint(1, len(parts))]
        if chance.random() < 0.5:
            parts[chance.randrange(len(parts))] = chance.choice(_PARTS)
    elif kind < 0.7:
        parts = ["Dockerfile"]
    elif kind < 0.72:
        parts = [chance.choice(_PARTS), chance.choice(_ODD_PARTS)]
    else:
        parts = [chance.choice(_PARTS) for _ in range(chance.randint(1, 3))]
    before = chance.choice(["", "", "", "!", "!", "/", "! ", "!/", " "])
    return before + "/".join(parts) + chance.choice(["", "", "", "/", " "])

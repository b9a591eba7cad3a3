"""
Markdown to blocks: what a page says to type, what it shows, and what it declares about both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP = Path(__file__).parents[2]

STARTS = ("nothing", "shop", "running shop", "last of all", "removed shop")
"""What a page may start from; `docs/README.md` says what each of them is."""

REASONS = (
    "takes minutes or hours",
    "changes this machine",
    "a pattern, not a command",
    "a layout, not a command",
)
"""Why a block is not run; there is no other reason."""

_COMMENT = re.compile(
    r"^\s*<!-- (page|not run|before|after|status|seen by|shape|write|load): (.+) -->$"
)
_FENCE = re.compile(r"^\s*```(\w*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """
    One command of a block, and what the page shows below it.
    """

    text: str
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """
    One fenced block.

    Attributes:
        line: Of its opening fence, counted from 1.
        language: As written behind the fence; may be empty.
        notes: Key and value of each comment right above it, in order.
    """

    line: int
    language: str
    lines: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]

    def note(self, key: str) -> str:
        """
        The value of the first note of this key; empty when there is none.
        """
        return next((value for name, value in self.notes if name == key), "")

    def all_of(self, key: str) -> tuple[str, ...]:
        """
        The values of all notes of this key.
        """
        return tuple(value for name, value in self.notes if name == key)

    @property
    def text(self) -> str:
        """
        Its content, each line ended.
        """
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def commands(self) -> tuple[Command, ...]:
        """
        What it says to type: each line of ``sh``, and what follows ``$`` in ``console``.
        """
        if self.language == "sh":
            typed = [line for line in self.lines if line.strip() and not line.startswith("#")]
            return tuple(Command(text=line, output=("…",)) for line in typed)
        if self.language != "console":
            return ()
        found: list[tuple[str, list[str]]] = []
        for line in self.lines:
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
        return tuple(Command(text=text, output=tuple(output)) for text, output in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    One file.

    Attributes:
        path: Relative to the top of the repository.
        start: One of `STARTS`; empty when the page declares none.
    """

    path: str
    start: str
    blocks: tuple[Block, ...]


def read_page(path: Path) -> Page:
    """
    Read the Markdown file *path*.
    """
    return parse_page(path.relative_to(TOP).as_posix(), path.read_text(encoding="utf-8"))


def parse_page(path: str, text: str) -> Page:
    """
    Read *text*: a comment belongs to the block below it, with nothing but other comments between.
    """
    start = ""
    notes: list[tuple[str, str]] = []
    blocks: list[Block] = []
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        comment, fence = _COMMENT.match(line), _FENCE.match(line)
        if comment and comment[1] == "page":
            start = comment[2]
        elif comment:
            notes.append((comment[1], comment[2]))
        elif fence:
            inside = _inside(lines, indent=len(line) - len(line.lstrip()))
            blocks.append(Block(line=number, language=fence[1], lines=inside, notes=tuple(notes)))
            notes = []
        elif line.strip():
            assert not notes, f"{path}:{number}: the comment above belongs to no block"
    return Page(path=path, start=start, blocks=tuple(blocks))


def _inside(lines: Iterator[tuple[int, str]], *, indent: int) -> tuple[str, ...]:
    found: list[str] = []
    for _, line in lines:
        if line.strip() == "```":
            return tuple(found)
        found.append(line[indent:] if line[:indent].isspace() else line)
    raise AssertionError("a block has no end")


def all_pages() -> tuple[Page, ...]:
    """
    Every page in the order of reading: README, the tasks, then the rest by name.
    """
    docs = sorted(
        (TOP / "docs").rglob("*.md"), key=lambda path: (path.parent.name != "tasks", path)
    )
    return tuple(read_page(path) for path in (TOP / "README.md", *docs))

"""
One call of the program: the options that every command takes, and where its words go.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from sandbox.render.documents import Json
    from sandbox.render.style import Style


class Output(StrEnum):
    """Form of what goes to stdout."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """
    The common options of one call.

    Attributes:
        repo: Folder of the repository; ``None`` is the one around the current folder.
        timeout_s: Most seconds that a wait may take; ``None`` is the command's own default.
        debug: Show tracebacks.
    """

    repo: str | None = None
    output: Output = Output.TEXT
    timeout_s: float | None = None
    debug: bool = False

    @property
    def json(self) -> bool:
        """Results are JSON documents."""
        return self.output is Output.JSON

    @property
    def style(self) -> Style:
        """Of text on stdout."""
        return _style(sys.stdout)

    @property
    def note_style(self) -> Style:
        """Of text on stderr."""
        return _style(sys.stderr)

    @property
    def live(self) -> bool:
        """Progress may be animated: stderr is a terminal and nobody asked for calm."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, text: str) -> None:
        """
        Print a result.
        """
        _write(sys.stdout, text)

    def show_json(self, fields: dict[str, Json]) -> None:
        """
        Print a result as one JSON document.
        """
        from sandbox.render.documents import document

        _write(sys.stdout, document(fields))

    def note(self, text: str = "") -> None:
        """
        Print what is not the result, but good to know.
        """
        _write(sys.stderr, text)

    def deadline_s(self, default_s: float) -> float:
        """
        Seconds that a wait may take.
        """
        return default_s if self.timeout_s is None else self.timeout_s


def _write(stream: TextIO, text: str) -> None:
    stream.write(f"{text}\n")
    stream.flush()


def _style(stream: TextIO) -> Style:
    from sandbox.render.style import Style

    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(color=wanted and stream.isatty())

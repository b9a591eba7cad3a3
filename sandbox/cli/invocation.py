"""
One call of the program: the options that every command takes, and where its words go.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.cli.asking import Stream, is_colored

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.render.documents import Json
    from sandbox.render.style import Style
    from sandbox.runtime.workspace import Workspace


class Output(StrEnum):
    """Form of what goes to stdout."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """
    The process that was called, which may be another one.

    Attributes:
        stdout, stderr: Its streams; ``None`` for those of this process.
        colored: Tells whether a stream of it is a terminal where colours are wanted.
        workspace: What is open for it already.
    """

    stdout: Stream | None = None
    stderr: Stream | None = None
    colored: Callable[[Stream], bool] = is_colored
    workspace: Workspace | None = None


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
    caller: Caller = field(default_factory=Caller)

    @property
    def stdout(self) -> Stream:
        """Where results go."""
        return self.caller.stdout or sys.stdout

    @property
    def stderr(self) -> Stream:
        """Where everything else goes."""
        return self.caller.stderr or sys.stderr

    @property
    def json(self) -> bool:
        """Results are JSON documents."""
        return self.output is Output.JSON

    @property
    def style(self) -> Style:
        """Of text on stdout."""
        return self._style(self.stdout)

    @property
    def note_style(self) -> Style:
        """Of text on stderr."""
        return self._style(self.stderr)

    @property
    def live(self) -> bool:
        """Progress may be animated: stderr is a terminal and nobody asked for calm."""
        return self.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, text: str) -> None:
        """
        Print a result, without secrets.
        """
        _write(self.stdout, _hidden(text))

    def pass_on(self, text: str) -> None:
        """
        Print what is somebody else's own output and was asked for, as it is.
        """
        _write(self.stdout, text)

    def show_json(self, fields: dict[str, Json]) -> None:
        """
        Print a result as one JSON document, without secrets.
        """
        from sandbox.render.documents import document

        _write(self.stdout, document(fields))

    def note(self, text: str = "") -> None:
        """
        Print what is not the result, but good to know.
        """
        _write(self.stderr, _hidden(text))

    def deadline_s(self, default_s: float) -> float:
        """
        Seconds that a wait may take.
        """
        return default_s if self.timeout_s is None else self.timeout_s

    def _style(self, stream: Stream) -> Style:
        from sandbox.render.style import Style

        return Style(color=self.caller.colored(stream))


def _write(stream: Stream, text: str) -> None:
    stream.write(f"{text}\n")
    stream.flush()


def _hidden(text: str) -> str:
    from sandbox.secrecy.vault import hidden

    return hidden(text)

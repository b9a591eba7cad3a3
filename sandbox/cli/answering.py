"""
The controller's side of `asking`: carry out a command of another process in a thread of this one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sandbox import __version__
from sandbox.cli.asking import counting, only_looks, read
from sandbox.cli.invocation import Caller
from sandbox.override import override

if TYPE_CHECKING:
    from sandbox.cli.asking import Say
    from sandbox.runtime.workspace import Workspace


class Distant(io.TextIOBase):
    """
    A stream of another process: what is written goes there by way of *say*.
    """

    def __init__(self, name: str, about: Mapping[str, object], say: Say) -> None:
        super().__init__()
        self.said = False
        self.colored = about.get("colored") is True
        self._terminal = about.get("terminal") is True
        self._name = name
        self._say = say

    @override
    def write(self, text: str, /) -> int:
        self.said = True
        self._say(self._name, text)
        return len(text)

    @override
    def isatty(self) -> bool:
        return self._terminal


def answer(workspace: Workspace, question: Mapping[str, object], say: Say) -> int | None:
    """
    Carry out the command of *question* with *workspace*, which is that of its repository.

    Args:
        workspace: Open, and left open.
        question: As `asking.ask` puts it.
        say: Takes the name of a stream, and what is written to it.

    Returns:
        The exit status; ``None`` when the other process has to do it itself.
    """
    words, streams = question.get("words"), question.get("streams")
    same = question.get("version") == __version__
    same = same and question.get("environment") == counting(os.environ)
    if not (same and isinstance(words, list) and isinstance(streams, Mapping)):
        return None
    words = [str(each) for each in cast("list[object]", words)]
    if not only_looks(words):
        return None
    told = cast("Mapping[str, Mapping[str, object]]", streams)
    out, err = (Distant(name, told.get(name, {}), say) for name in ("stdout", "stderr"))
    try:
        colored = {each for each in (out, err) if each.colored}
        caller = Caller(stdout=out, stderr=err, colored=colored.__contains__, workspace=workspace)
        return _run(words, caller)
    except Exception:
        if out.said or err.said:
            raise
        # Such as an option that is wrong: the other process says so in its own way.
        return None


def _run(words: list[str], caller: Caller) -> int:
    command = _program(read(words)[0])
    status = command.main(words, prog_name="sandbox", standalone_mode=False, obj={"caller": caller})
    return status if isinstance(status, int) else 0


@cache
def _program(command: str) -> Any:  # noqa: ANN401 - as `load` says
    """
    The program with *command*; making it takes longer than to carry it out.
    """
    from sandbox.cli.app import load

    return load([command])

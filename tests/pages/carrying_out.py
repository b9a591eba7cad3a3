"""
Carry out a page, block by block, and compare what it shows.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.pages.printed import first_misfit, fits
from tests.pages.shape import misfits, parse_shape
from tests.pages.stage import Beside, Shell, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pages.page import Block, Command, Page


@dataclass(kw_only=True)
class Carrying:
    """
    One page that is carried out in one folder.

    Attributes:
        problems: What turned out untrue, each with its place.
        record: What was typed and printed, for whoever writes the page.
    """

    page: Page
    stage: Stage
    folder: Path
    problems: list[str] = field(default_factory=list[str])
    record: list[str] = field(default_factory=list[str])
    on_record: Callable[[str], None] = lambda _line: None

    def run(self) -> list[str]:
        """
        Carry out every block that can be, and give the problems; the first one ends it.
        """
        with Shell(self.stage, self.folder) as shell:
            for block in self.page.blocks:
                for command in block.all_of("before"):
                    self._succeed(shell, block, command)
                self._block(shell, block)
                for command in block.all_of("after"):
                    self._succeed(shell, block, command)
                if self.problems:
                    break
        return self.problems

    def _block(self, shell: Shell, block: Block) -> None:
        if block.note("not run") or block.note("load"):
            return
        if path := block.note("write"):
            place = self._inside(shell, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(self.stage.typed(block.text))
        elif command := block.note("shape"):
            self._shape(shell, block, command)
        elif command := block.note("seen by"):
            self._seen(shell, block, command)
        else:
            for number, each in enumerate(block.commands):
                self._command(shell, block, each, block.commands[number + 1 :])

    def _inside(self, shell: Shell, path: str) -> Path:
        (here,) = shell.run("pwd").lines
        return self.stage.top / here.removeprefix("/home/ada").lstrip("/") / path

    def _type(self, shell: Shell, command: str) -> tuple[tuple[str, ...], int]:
        self._say(f"$ {command}")
        ended = shell.run(command)
        for line in ended.lines:
            self._say(line)
        return ended.lines, ended.status

    def _say(self, line: str) -> None:
        self.record.append(line)
        self.on_record(line)

    def _succeed(self, shell: Shell, block: Block, command: str) -> None:
        lines, status = self._type(shell, command)
        if status:
            self._problem(block, f"{command} ended with {status}", lines)

    def _command(
        self, shell: Shell, block: Block, command: Command, rest: tuple[Command, ...]
    ) -> None:
        lines, status = self._type(shell, command.text)
        if not fits(command.output, lines):
            misfit = first_misfit(command.output, lines)
            self._problem(block, f"{command.text}: printed otherwise, from {misfit!r} on", lines)
        shows_status = rest and rest[0].text == "echo $?"
        wanted = 0 if rest else int(block.note("status") or 0)
        if status != wanted and not shows_status:
            self._problem(block, f"{command.text}: ended with {status}, not {wanted}", lines)

    def _shape(self, shell: Shell, block: Block, command: str) -> None:
        lines, _ = self._type(shell, f"{command} 2>/dev/null")
        try:
            documents = [json.loads(line) for line in lines if line.startswith("{")] or [None]
        except ValueError:
            documents = [json.loads("\n".join(lines))]
        shape = parse_shape(block.text)
        found = [each for document in documents[-1:] for each in misfits(shape, document)]
        if documents == [None]:
            found = ["it printed no document"]
        for each in found:
            self._problem(block, f"{command}: {each}", lines)

    def _seen(self, shell: Shell, block: Block, command: str) -> None:
        (here,) = shell.run("pwd").lines
        folder = self.stage.top / here.removeprefix("/home/ada").lstrip("/")
        beside = Beside(self.stage, folder, command)
        try:
            beside.until_it_follows()
            for each in block.commands:
                self._succeed(shell, block, each.text)
            shown = block.commands[-1].output
            if not beside.until_it_shows(shown):
                misfit = first_misfit(shown, beside.lines)
                told = f"{shlex.quote(command)} showed otherwise, from {misfit!r} on"
                self._problem(block, told, tuple(beside.lines))
            for line in beside.lines:
                self._say(line)
        finally:
            beside.end()

    def _problem(self, block: Block, text: str, lines: tuple[str, ...]) -> None:
        printed = "".join(f"\n  | {line}" for line in lines[-200:])
        self.problems.append(f"{self.page.path}:{block.line}: {text}{printed}")

"""
What is seen of a pipeline while it runs: its stages, and what the one that runs does.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from sandbox.cli.display import QUIET_KINDS, LineDisplay
from sandbox.delivery.syncing import advance, begin
from sandbox.model.pipeline import StageStatus
from sandbox.render.events import event_line
from sandbox.render.pipeline import live_lines, stage_json, stage_line

if TYPE_CHECKING:
    from sandbox.cli.invocation import Invocation
    from sandbox.model.event import Event
    from sandbox.model.pipeline import PipelineRun, StageRecord
    from sandbox.model.syncing import Syncing


class _Screen(Protocol):
    def print(self, line: str) -> None: ...
    def event(self, event: Event) -> None: ...
    def tick(self, run: PipelineRun, progress: Syncing, now: float) -> None: ...
    def close(self) -> None: ...


class PipelineView:
    """
    Tells a run on stderr, and for ``--output json`` each change of a stage on stdout.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._screen: _Screen = _Live(invocation) if invocation.live else _Lines(invocation)
        self._progress = begin("", 0.0)
        self.run: PipelineRun | None = None

    def change(self, run: PipelineRun) -> None:
        """
        Show what is different from the last record.
        """
        known = self.run.stages if self.run else run.stages
        self.run = run
        for before, record in zip(known, run.stages, strict=True):
            if record != before:
                self._tell(run, record)

    def event(self, event: Event) -> None:
        """
        Show what happened within the stage that runs.
        """
        self._screen.event(event)
        own = replace(event, environment=self._progress.environment)
        self._progress = advance(self._progress, own, event.at)

    def tick(self, now: float) -> None:
        """
        Show that time passes; called several times a second.
        """
        if self.run is not None:
            self._screen.tick(self.run, self._progress, now)

    def close(self) -> None:
        """
        Leave nothing half drawn.
        """
        self._screen.close()

    def _tell(self, run: PipelineRun, record: StageRecord) -> None:
        if record.status is StageStatus.RUNNING:
            self._progress = begin(record.stage.name, record.started_at)
        if self._invocation.json:
            self._invocation.show_json({"run": run.number, "stage": stage_json(record)})
        elif record.status is not StageStatus.RUNNING or not self._invocation.live:
            self._screen.print(stage_line(record, style=self._invocation.note_style))


class _Lines:
    """
    One line for whatever happens.
    """

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._display = LineDisplay(invocation, 0, steps=True)

    def print(self, line: str) -> None:
        self._invocation.note(line)

    def event(self, event: Event) -> None:
        self._display.show(event)

    def tick(self, run: PipelineRun, progress: Syncing, now: float) -> None:
        del run
        if progress.environment:
            self._display.tick((progress,), now)

    def close(self) -> None:
        self._display.close()


class _Live:
    """
    The stages that are left move below the lines of what has happened.
    """

    def __init__(self, invocation: Invocation) -> None:
        from rich.console import Console
        from rich.live import Live

        self._style = invocation.note_style
        console = Console(stderr=True, highlight=False, no_color=not self._style.color)
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def print(self, line: str) -> None:
        from rich.text import Text

        self._live.console.print(Text.from_ansi(line), soft_wrap=True)

    def event(self, event: Event) -> None:
        if event.kind not in QUIET_KINDS:
            self.print(f"  {event_line(event, style=self._style)}")

    def tick(self, run: PipelineRun, progress: Syncing, now: float) -> None:
        from rich.text import Text

        width = shutil.get_terminal_size().columns
        lines = live_lines(run, progress, now=now, width=width, style=self._style)
        room = max(os.get_terminal_size(2).lines - 2, 1) if os.isatty(2) else len(lines)
        self._live.update(Text.from_ansi("\n".join(lines[:room])), refresh=True)

    def close(self) -> None:
        self._live.stop()

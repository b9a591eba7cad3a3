"""
What is seen of work that takes longer than a blink.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Protocol

from sandbox.model.event import EventKind
from sandbox.render.events import event_line
from sandbox.render.progress import progress_lines, waiting_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.cli.invocation import Invocation
    from sandbox.model.event import Event
    from sandbox.model.syncing import Syncing

_SILENCE_S = 1.0
_REPEAT_S = 10.0
QUIET_KINDS = {EventKind.STEP_BEGAN, EventKind.OUTPUT}


class Display(Protocol):
    """
    Shows events, and that time passes.
    """

    def show(self, event: Event) -> None:
        """
        Show what happened.
        """
        ...

    def tick(self, running: Sequence[Syncing], now: float) -> None:
        """
        Show that what is *running* still does; called several times a second.
        """
        ...

    def close(self) -> None:
        """
        Leave nothing half drawn.
        """
        ...


def display_for(invocation: Invocation, name_width: int, *, steps: bool = True) -> Display:
    """
    A live display on a terminal, lines elsewhere; both on stderr.

    Without *steps* only that time passes is shown, not each thing that has happened.
    """
    if invocation.live:
        return LiveDisplay(invocation, name_width, steps=steps)
    return LineDisplay(invocation, name_width, steps=steps)


class LineDisplay:
    """
    One line an event, and one now and then while nothing happens.
    """

    def __init__(self, invocation: Invocation, name_width: int, *, steps: bool) -> None:
        self._invocation = invocation
        self._name_width = name_width
        self._steps = steps
        self._last_at = 0.0
        self._patience_s = _SILENCE_S

    def show(self, event: Event) -> None:
        """
        Print *event*, unless it only says that something begins.
        """
        if event.kind in QUIET_KINDS or not self._steps:
            return
        style = self._invocation.note_style
        self._invocation.note(event_line(event, name_width=self._name_width, style=style))
        self._last_at = event.at
        self._patience_s = _SILENCE_S

    def tick(self, running: Sequence[Syncing], now: float) -> None:
        """
        After a second without a line, say what is waited for; then every ten.
        """
        self._last_at = self._last_at or now
        if now - self._last_at < self._patience_s:
            return
        for progress in running:
            self._invocation.note(waiting_line(progress, now))
        self._last_at = now
        self._patience_s = _REPEAT_S

    def close(self) -> None:
        """
        Nothing is left to do.
        """


class LiveDisplay:
    """
    A moving line for each environment below the lines of what has ended.
    """

    def __init__(self, invocation: Invocation, name_width: int, *, steps: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self._style = invocation.note_style
        self._name_width = name_width
        self._steps = steps
        console = Console(stderr=True, highlight=False, no_color=not self._style.color)
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def show(self, event: Event) -> None:
        """
        Print *event* above the moving lines.
        """
        from rich.text import Text

        if event.kind not in QUIET_KINDS and self._steps:
            line = event_line(event, name_width=self._name_width, style=self._style)
            self._live.console.print(Text.from_ansi(line), soft_wrap=True)

    def tick(self, running: Sequence[Syncing], now: float) -> None:
        """
        Draw the moving lines anew.
        """
        from rich.text import Text

        width = shutil.get_terminal_size().columns
        lines = [
            line
            for progress in running
            for line in progress_lines(
                progress, now=now, width=width, name_width=self._name_width, style=self._style
            )
        ]
        room = max(os.get_terminal_size(2).lines - 2, 1) if os.isatty(2) else len(lines)
        self._live.update(Text.from_ansi("\n".join(lines[:room])), refresh=True)

    def close(self) -> None:
        """
        Take the moving lines away.
        """
        self._live.stop()


def stream_event(invocation: Invocation, event: Event) -> None:
    """
    Print *event* as a result: one line, or one JSON document.
    """
    if invocation.json:
        from sandbox.render import documents

        invocation.show_json({"event": documents.event(event)})
    elif event.kind not in QUIET_KINDS:
        invocation.show(event_line(event, name_width=10, style=invocation.style))

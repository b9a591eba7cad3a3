"""
`watch`: see it live.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING

from sandbox.cli.command import command
from sandbox.cli.deadline import Deadline
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from rich.live import Live

    from sandbox.model.event import Event
    from sandbox.model.status import EnvironmentStatus
    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

_LOOK_S = 2.0
_DRAW_S = 0.5
_KEPT_EVENTS = 100


@command("watch")
def watch(invocation: Invocation) -> None:
    """
    Show environments, services and events live.

    Off a terminal: events, a line each. Ends with Ctrl-C, or after --timeout with 124.
    """
    from sandbox.cli.opened import chosen, opened

    with opened(invocation) as workspace:
        chosen(workspace, None)
        if sys.stdout.isatty() and not invocation.json and os.environ.get("TERM") != "dumb":
            _Screen(invocation, workspace).run()
        else:
            _stream(invocation, workspace)


def _stream(invocation: Invocation, workspace: Workspace) -> None:
    from sandbox.cli.display import stream_event

    over = Deadline(invocation, workspace.clock)
    for _, event in workspace.control().events(after=0, stop=over):
        stream_event(invocation, event)
    over.enforce()


class _Screen:
    """
    Two threads look, the main one draws: a slow engine never freezes the view.
    """

    def __init__(self, invocation: Invocation, workspace: Workspace) -> None:
        self._invocation = invocation
        self._workspace = workspace
        self._control = workspace.control()
        self._over = Deadline(invocation, workspace.clock)
        self._wake = threading.Event()
        self._statuses: tuple[EnvironmentStatus, ...] = ()
        past = workspace.journal.events(limit=_KEPT_EVENTS)
        self._events: deque[Event] = deque((event for _, event in past), maxlen=_KEPT_EVENTS)
        self._last = past[-1][0] if past else 0

    def run(self) -> None:
        """
        Draw until the time is over, or Ctrl-C.
        """
        from rich.console import Console
        from rich.live import Live

        style = self._invocation.style
        self._statuses = self._control.status(())
        for work in (self._look, self._listen):
            threading.Thread(target=work, daemon=True).start()
        console = Console(highlight=False, no_color=not style.color)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while not self._over():
                self._draw(live)
                self._wake.wait(_DRAW_S)
                self._wake.clear()
        self._over.enforce()

    def _draw(self, live: Live) -> None:
        from rich.text import Text

        from sandbox.render.watch import Size, watch_lines

        terminal = shutil.get_terminal_size()
        lines = watch_lines(
            self._statuses,
            tuple(self._events),
            now=self._workspace.clock.now(),
            size=Size(columns=terminal.columns, lines=terminal.lines),
            style=self._invocation.style,
        )
        text = Text.from_ansi("\n".join(lines), no_wrap=True, overflow="ellipsis")
        live.update(text, refresh=True)

    def _look(self) -> None:
        while not self._over():
            self._statuses = _latest(self._control, self._statuses)
            self._wake.wait(_LOOK_S)

    def _listen(self) -> None:
        from sandbox.errors import SandboxError

        while not self._over():
            try:
                for number, event in self._control.events(after=self._last, stop=self._over):
                    self._last = number
                    self._events.append(event)
                    self._wake.set()
            except SandboxError:
                # The controller went away; another may come, or we read the journal ourselves.
                self._workspace.clock.sleep(_LOOK_S)
                self._control = self._workspace.control()


def _latest(
    control: Control, before: tuple[EnvironmentStatus, ...]
) -> tuple[EnvironmentStatus, ...]:
    from sandbox.errors import SandboxError

    try:
        return control.status(())
    except SandboxError:
        return before

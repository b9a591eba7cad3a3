"""
Run a command inside a container on the terminal of this process.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import termios
import threading
import tty
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.exec_stream import started_exec
from sandbox.adapters.docker_engine.shapes import ENDED_EXEC
from sandbox.adapters.docker_engine.streams import frames
from sandbox.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType
    from typing import BinaryIO

    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.adapters.docker_engine.exec_stream import ExecStream

_CHUNK_BYTES = 16 * 1024
_LOOK_S = 0.2
_STDIN = 0
_STDERR_STREAM = 2


def exec_interactive(
    connections: Connections, container_id: str, command: Sequence[str], *, is_tty: bool
) -> int:
    """
    Run *command* with this process's standard input, output and error; return its exit status.

    A terminal is given to the command only when *is_tty* asks for it and standard input is one.
    """
    with_terminal = is_tty and os.isatty(_STDIN)
    doing = f"run {command[0]} in container {container_id[:12]}"
    with connections.calling(doing, timeout_s=CHANGE_S) as api:
        created = api.exec_create(container_id, list(command), stdin=True, tty=with_terminal)
    exec_id: str = created["Id"]
    with (
        started_exec(connections, exec_id, tty=with_terminal, timeout_s=CHANGE_S) as stream,
        ExitStack() as undo,
    ):
        stream.limit(0.0)
        if with_terminal:
            undo.enter_context(_raw_terminal())
            undo.enter_context(_window_size(lambda: _resize(connections, exec_id)))
        undo.enter_context(_pumped_input(stream))
        _copy_output(stream, with_terminal=with_terminal)
    state = connections.read("inspect a command", lambda api: api.exec_inspect(exec_id), ENDED_EXEC)
    return int(state.get("ExitCode") or 0)


def _copy_output(stream: ExecStream, *, with_terminal: bool) -> None:
    if with_terminal:
        while data := stream.read_some(_CHUNK_BYTES):
            _write(sys.stdout.buffer, data)
        return
    for number, data in frames(stream):
        _write(sys.stderr.buffer if number == _STDERR_STREAM else sys.stdout.buffer, data)


def _write(target: BinaryIO, data: bytes) -> None:
    target.write(data)
    target.flush()


@contextmanager
def _pumped_input(stream: ExecStream) -> Generator[None]:
    """Send standard input to the command, in a thread of its own, until the block ends."""
    ended = threading.Event()
    thread = threading.Thread(target=_pump, args=(stream, ended), name="exec-input", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=2 * _LOOK_S)


def _pump(stream: ExecStream, ended: threading.Event) -> None:
    try:
        while not ended.is_set():
            ready, _, _ = select.select([_STDIN], [], [], _LOOK_S)
            if not ready:
                continue
            data = os.read(_STDIN, _CHUNK_BYTES)
            if not data:
                stream.end_input()
                return
            stream.send(data)
    except (OSError, ValueError):
        # The command ended, or there is no standard input: nothing more to send.
        return


@contextmanager
def _raw_terminal() -> Generator[None]:
    before = termios.tcgetattr(_STDIN)
    # Waits for what was written, and keeps what was typed ahead.
    tty.setraw(_STDIN, termios.TCSADRAIN)
    try:
        yield
    finally:
        termios.tcsetattr(_STDIN, termios.TCSADRAIN, before)


@contextmanager
def _window_size(resize: Callable[[], None]) -> Generator[None]:
    """Tell the command the size of the terminal, now and whenever it changes."""
    resize()
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may hear signals.
        yield
        return

    def changed(_number: int, _frame: FrameType | None) -> None:
        resize()

    before = signal.signal(signal.SIGWINCH, changed)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


def _resize(connections: Connections, exec_id: str) -> None:
    size = shutil.get_terminal_size()
    try:
        with connections.calling("tell the size of the terminal") as api:
            api.exec_resize(exec_id, height=size.lines, width=size.columns)
    except EngineError:
        # The command may have ended already; a wrong width is no reason to fail.
        return

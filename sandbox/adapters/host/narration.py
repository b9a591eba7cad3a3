"""
Tell people what takes long, at least once a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

TICK_S = 0.9
LOG_LINES = 12
LINE_LENGTH_MAX = 100


@dataclass(slots=True, kw_only=True)
class Progress:
    """
    How far something is, written by who does it and read by who tells of it.
    """

    last_line: str = ""
    log: deque[str] = field(default_factory=lambda: deque[str](maxlen=LOG_LINES))

    def note(self, line: str) -> None:
        """
        Remember a line of output, as it may be shown: printable, and not too long.
        """
        printable = "".join(c if c.isprintable() else " " for c in line).strip()
        if printable:
            self.last_line = printable[:LINE_LENGTH_MAX]
            self.log.append(printable)


@contextmanager
def narrate(say: Callable[[str], None], what: str) -> Generator[Progress]:
    """
    Say *what* at once, then once a second how long it has taken and its last line of output.
    """
    progress = Progress()
    done = threading.Event()
    began = time.monotonic()
    say(what)

    def tell() -> None:
        while not done.wait(TICK_S):
            line = f": {progress.last_line}" if progress.last_line else ""
            say(f"  {time.monotonic() - began:3.0f} s{line}")

    teller = threading.Thread(target=tell, name="narration", daemon=True)
    teller.start()
    try:
        yield progress
    finally:
        done.set()
        teller.join()


def run_narrated(
    say: Callable[[str], None],
    what: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    timeout_s: float,
) -> None:
    """
    Run *command* without input, showing the last line of its output once a second.

    Raises:
        SetupError: It is missing, failed, or took longer than *timeout_s*; with its last lines.
    """
    with narrate(say, what) as progress:
        status = _run(command, progress, environment, timeout_s)
    if status == 0:
        return
    failed = f"took longer than {timeout_s:.0f} s" if status is None else f"ended with {status}"
    lines = "\n".join(f"  {line}" for line in progress.log)
    raise SetupError(
        f"{what} failed: {command[0]} {failed}\n{lines}".rstrip(),
        remedy=f"run it by hand: {' '.join(command)}",
    )


def _run(
    command: Sequence[str], progress: Progress, environment: Mapping[str, str], timeout_s: float
) -> int | None:
    """
    Exit status of *command*, or ``None`` when it was ended at its deadline.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        progress.note(str(error))
        return 127
    late = threading.Event()

    def end() -> None:
        late.set()
        _end_group(process)

    deadline = threading.Timer(timeout_s, end)
    deadline.start()
    with process:
        try:
            assert process.stdout is not None, "a pipe was asked for"
            for line in process.stdout:
                progress.note(line)
            status = process.wait()
        except BaseException:
            _end_group(process)
            raise
        finally:
            deadline.cancel()
            deadline.join()
    return None if late.is_set() else status


def _end_group(process: subprocess.Popen[str]) -> None:
    """
    End the program and what it started; its own session is its process group.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)

"""
Ctrl-C: one line and status 130 at any moment, while modules are loaded and at the very end too.

Only the work of a command itself is interrupted by an exception, so that it can put things right.
No exception is raised inside an import: libraries in C print what interrupts them.
"""

from __future__ import annotations

import atexit
import os
import sys

# Loading `signal` takes its time, in which Ctrl-C would show a traceback, and so does `typing`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn
else:
    import _signal as signal

INTERRUPTED = 130
MESSAGE = "interrupted"
AGAIN_S = 0.01
"""An interrupt that comes at a bad moment is delivered again after so long."""
_IMPORT = "<frozen importlib._bootstrap>"


def leave_at_once(before: Callable[[int, FrameType | None], None] | None = None) -> None:
    """
    From now on Ctrl-C ends this process, unless it was started with Ctrl-C ignored.

    *before* is the handler that did the same until now.
    """
    if signal.getsignal(signal.SIGINT) in {signal.default_int_handler, before}:
        signal.signal(signal.SIGINT, _leave)


def interruptible(work: Callable[[], None]) -> None:
    """
    Do *work*, in which Ctrl-C raises `KeyboardInterrupt`; in other threads nothing changes.
    """
    if signal.getsignal(signal.SIGINT) is not _leave:
        work()
        return
    try:
        # Only the main thread may, and only there signals arrive.
        signal.signal(signal.SIGALRM, _interrupt)
        signal.signal(signal.SIGINT, _interrupt)
    except ValueError:
        work()
        return
    sys.unraisablehook = _deliver_again
    try:
        work()
    finally:
        signal.signal(signal.SIGINT, _leave)
        signal.signal(signal.SIGALRM, _leave)
        # One that was to come again: the process may end before, without a handler.
        if signal.setitimer(signal.ITIMER_REAL, 0)[0]:
            _leave(signal.SIGALRM, None)


def leave(status: int | str | None) -> NoReturn:
    """
    End this process with *status*; what it has loaded is not taken apart, which is slow.

    Its threads are waited for, unless it was interrupted: an interrupt inside `threading` can
    leave one of its locks held, by nobody, for ever.
    """
    interrupted = status == INTERRUPTED
    if not interrupted:
        threading = sys.modules.get("threading")
        if isinstance(status, str) or (threading and threading.active_count() > 1):
            sys.exit(status)
        # What asked to be called at the end; Python has no public name for it.
        atexit._run_exitfuncs()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):  # the reader has seen enough, or it is closed
        if not interrupted:
            sys.exit(status)
    os._exit(status if isinstance(status, int) else 0)


def _leave(
    _number: int,
    _frame: FrameType | None,
    *,
    # Its own, for at the very end of the process a module has no names any more.
    write: Callable[[int, bytes], int] = os.write,
    leave: Callable[[int], object] = os._exit,
    line: bytes = f"{MESSAGE}\n".encode(),
    status: int = INTERRUPTED,
) -> None:
    try:
        write(2, line)
    finally:
        leave(status)


def _interrupt(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORT:
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
            return
        frame = frame.f_back
    raise KeyboardInterrupt


def _deliver_again(unraisable: sys.UnraisableHookArgs) -> None:
    """
    An interrupt that hit a destructor or a callback would be printed there, and lost.
    """
    if unraisable.exc_type is KeyboardInterrupt:
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    else:
        sys.__unraisablehook__(unraisable)

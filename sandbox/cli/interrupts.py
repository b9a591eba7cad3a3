"""
Ctrl-C: one line and status 130 at any moment, while modules are loaded and at the very end too.

Only the work of a command itself is interrupted by an exception, so that it can put things right.
"""

from __future__ import annotations

import os
import signal

# Loading `typing` would take longer than all the rest here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

INTERRUPTED = 130
MESSAGE = "interrupted"


def leave_at_once() -> None:
    """
    From now on Ctrl-C ends this process, unless it was started with Ctrl-C ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
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
        signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        work()
        return
    try:
        work()
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os.write(2, f"{MESSAGE}\n".encode())
    os._exit(INTERRUPTED)

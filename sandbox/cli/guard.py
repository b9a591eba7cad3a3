"""
Where every failure ends: one place turns it into words and an exit status.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sandbox.cli.interrupts import INTERRUPTED, MESSAGE, interruptible
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cli.invocation import Invocation

FAILED = 1


class Ended(Exception):  # noqa: N818 - it may have ended well
    """
    A command is over, and all about it was said.

    Attributes:
        status: Its exit status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def guarded(invocation: Invocation, body: Callable[[], None]) -> int:
    """
    Run *body*; whatever it raises becomes a message and the exit status of design 3.4.
    """
    try:
        interruptible(body)
        sys.stdout.flush()
    except Ended as end:
        return end.status
    except SandboxError as error:
        _tell(invocation, error)
        return error.exit_status
    except KeyboardInterrupt:
        invocation.note(MESSAGE)
        return INTERRUPTED
    except BrokenPipeError:
        _hold_back()
    except Exception as error:  # a bug must not end in a traceback on somebody's screen
        if invocation.debug:
            raise
        _tell(invocation, _as_bug(error))
        return FAILED
    return 0


def _tell(invocation: Invocation, error: SandboxError) -> None:
    if invocation.debug:
        import traceback

        traceback.print_exception(error)
    if invocation.json:
        from sandbox.render.documents import failure

        invocation.show_json(failure(error))
        return
    from sandbox.render.failures import failure_text

    invocation.note(failure_text(error, style=invocation.note_style))


def _as_bug(error: Exception) -> SandboxError:
    """
    Write the traceback of *error* to a file of its own, outside the repository.
    """
    import tempfile
    import traceback

    from sandbox.secrecy.vault import hidden

    with tempfile.NamedTemporaryFile(
        "w", prefix="sandbox-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(hidden("".join(traceback.format_exception(error))))
    what = type(error).__name__
    return SandboxError(
        f"a mistake in sandbox itself, not yours: {what}; its traceback is in {log.name}",
        remedy="run the command again with --debug, or report it with that file",
    )


def _hold_back() -> None:
    """
    Write no more: the reader of our output has seen enough.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())

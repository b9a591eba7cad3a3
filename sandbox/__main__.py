"""
The program: `sandbox`, or `python -m sandbox`.

Every branch loads what it needs and no more: most of the time of a short command is loading.
"""

# Until Ctrl-C is taken care of nothing is loaded that Python itself has not, not even `__future__`:
# it would show where the interrupt came. `signal` loads `enum`, and `typing` far more.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
else:
    import _signal as signal

# Before anything else, for an interrupt of these two lines is still answered by Python.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import os  # noqa: E402 - see above
import sys  # noqa: E402 - see above


def _leave(
    _number: int,
    _frame: "FrameType | None",
    *,
    write: "Callable[[int, bytes], int]" = os.write,
    leave: "Callable[[int], object]" = os._exit,
) -> None:
    """
    End as `cli.interrupts` says, which is not loaded yet.
    """
    write(2, b"interrupted\n")
    leave(130)


if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
    signal.signal(signal.SIGINT, _leave)

import gc  # noqa: E402 - see above

# What is loaded stays: to look for garbage in it is a tenth of a short command.
gc.set_threshold(20_000, 10, 10)

HELP = (["--help"], ["-h"])
USAGE = 2
COMPLETE = "_SANDBOX_COMPLETE"
"""Variable that a shell sets to have a command line completed."""


def main() -> None:
    """
    Run the command line; ends the process with the exit status of design 3.4.
    """
    from sandbox.cli.interrupts import leave, leave_at_once

    leave_at_once(before=_leave)
    words = sys.argv[1:]
    status: int | str | None = _quickly(words)
    if status is None:
        from sandbox.cli.app import run

        try:
            run(words)
        except SystemExit as end:
            status = end.code
    leave(status)


def _quickly(words: list[str]) -> int | None:
    """
    Do what needs no library; ``None`` for everything else.
    """
    if COMPLETE in os.environ:
        from sandbox.cli.completing import complete

        return complete(os.environ, COMPLETE)
    if words == ["--version"]:
        from sandbox import __version__
        from sandbox.cli.printed import put

        put(f"sandbox {__version__}")
        return 0
    if not words or words in HELP:
        from sandbox.cli.first_page import first_page
        from sandbox.cli.printed import put

        put(first_page())
        return 0 if words else USAGE
    if words[0] == "config":
        from sandbox.cli.config_on_disk import config_quickly

        return config_quickly(words)
    from sandbox.cli.asking import ask

    return ask(words)


if __name__ == "__main__":
    main()

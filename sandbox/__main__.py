"""
The program: `sandbox`, or `python -m sandbox`.
"""

from __future__ import annotations

import sys

from sandbox.cli.interrupts import leave_at_once

# Before anything else is loaded, for that is when people change their mind.
leave_at_once()


def main() -> None:
    """
    Run the command line; ends the process with the exit status of design 3.4.
    """
    if sys.argv[1:] == ["--version"]:
        # Scripts ask this often, and it needs no parser.
        from sandbox import __version__  # noqa: PLC0415 - nothing is imported before it is needed

        print(f"sandbox {__version__}")  # noqa: T201 - the result
        return
    from sandbox.cli.asking import ask  # noqa: PLC0415 - likewise

    status = ask(sys.argv[1:])
    if status is None:
        from sandbox.cli.app import run  # noqa: PLC0415 - likewise

        run()
    sys.exit(status)


if __name__ == "__main__":
    main()

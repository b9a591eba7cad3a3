"""
Print a result without loading anything, as `--version`, the help and completion do.
"""

from __future__ import annotations

import os
import sys


def put(text: str) -> None:
    """
    Print *text*; a reader that has seen enough is no failure.
    """
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""
What went wrong, why, and what to do about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import InvalidComposeError, SandboxError
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def failure_text(error: SandboxError, *, style: Style = PLAIN) -> str:
    """
    Lines for people: what, every problem with its place, the last log lines, the remedy.

    ::

        error: 2 problems in the Compose files
          environments/staging/compose.yaml:4:5: services.web: unknown key "imgae"
          ...
          try: fix them and commit again
    """
    return "\n".join(_lines(error, style))


def _lines(error: SandboxError, style: Style) -> Iterator[str]:
    label = style.paint("error:", "bold", "red")
    if isinstance(error, InvalidComposeError):
        yield f"{label} {count(len(error.problems), 'problem')} in the Compose files"
        for problem in error.problems:
            yield f"  {clean(str(problem))}"
        remedy = error.remedy or "correct what is named above and commit; nothing was changed"
    else:
        first, *others = error.message.splitlines() or [type(error).__name__]
        yield f"{label} {clean(first)}"
        for line in others:
            yield f"  {clean(line)}"
        remedy = error.remedy
    yield from log_lines(getattr(error, "log", ()), style)
    if remedy:
        yield f"  {style.paint('try:', 'bold')} {clean(remedy)}"


def log_lines(log: Sequence[str], style: Style) -> Iterator[str]:
    """
    The last lines of what failed, set off from the rest.
    """
    for line in log:
        yield f"  {style.paint('|', 'dim')} {clean(line)}"

"""
The lines of a log that say why a check failed: what was asserted, and where; not the summary.

Nothing is known of the program that wrote the log, so kinds of lines are tried in an order: what
test runners mark, then what looks like an error, then whatever came last.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

LINES_MAX: Final = 6
LENGTH_MAX: Final = 160
_LAST: Final = 2
"""So many lines of a log in which nothing looks like an error."""

_SUMMARY: Final = re.compile(
    r"""
    ^\W*\d+\ (failed|passed|errors?|tests?)\b    # pytest -q, mocha, jest
    | ^[=_*-]{3,}.*[=_*-]{3,}$                   # a ruler with or without a title
    | ^[=_*\s-]+$
    | ^(FAILED|ERROR)\ \S+::                     # pytest: short test summary
    | ^(FAILED\ \(|Ran\ \d+\ tests?|FAIL$|FAIL\t|exit\ status\ \d+$)
    | ^make(\[\d+\])?:\ \*\*\*
    | ^npm\ (ERR!|error)
    | \b(exited|exit(ing)?|returned)\b.*\b(code|status|with)\b\ *:?\ *\d+$
    """,
    re.VERBOSE,
)
_PYTEST: Final = re.compile(r"^E\s{2,}\S|^E\s*$|^\S+\.py:\d+: \w+")
_ASSERTION: Final = re.compile(
    r"""
    ^\s*([\w.$]+\.)?\w*(Error|Exception|Failure)\b(:|$)  # Python, Java, JavaScript
    | ^\S+:\d+(:\d+)?:\ (in\ )?\w*(Error|Exception|Failed)\b
    | \bassert(ion)?\b
    | \bpanic(ked)?\b
    | ^\s*(-+\ FAIL:|not\ ok\b|✕|✗|✘|●\ )
    | ^\s*\w+_test\.go:\d+:
    | ^\s*(left|right|expected|received|actual|got|want(ed)?)\s*:
    | \bexpected\b.*\b(but|got|was|received|actual)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ERROR: Final = re.compile(
    r"\b(errors?|fatal|failed|failure|refused|denied|cannot|can't|unable|missing|invalid|unhealthy"
    r"|not found|no such|timed? ?out|expected|unexpected)\b|^curl: \(",
    re.IGNORECASE,
)


def telling_lines(log: Sequence[str]) -> tuple[str, ...]:
    """
    Choose the lines of *log* that say why it failed.

    Returns:
        At most `LINES_MAX`, in their order, each at most `LENGTH_MAX` long; empty for an empty log.
    """
    lines = [line.rstrip() for line in log if line.strip()]
    telling = [line for line in lines if not _SUMMARY.search(line)]
    marked = _of_pytest(telling)
    for found in (marked, _matching(telling, _ASSERTION), _matching(telling, _ERROR)):
        if found:
            return _cut(found[:LINES_MAX])
    named = [line for line in lines if re.match(r"(FAILED|ERROR) \S+::", line)]
    return _cut(named[:LINES_MAX] or (telling or lines)[-_LAST:])


def _of_pytest(lines: Sequence[str]) -> list[str]:
    """Give what pytest marks with an E, with the place below; none without such a line."""
    found = _matching(lines, _PYTEST)
    return found if any(line.startswith("E  ") for line in found) else []


def _matching(lines: Sequence[str], pattern: re.Pattern[str]) -> list[str]:
    found = [line for line in lines if pattern.search(line) and line != "E"]
    return list(dict.fromkeys(found))


def _cut(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line if len(line) <= LENGTH_MAX else f"{line[:LENGTH_MAX]}…" for line in lines)

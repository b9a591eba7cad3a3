"""Set the release of an environment in the text of its ``.env``, and touch nothing else in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.compose.dotenv import parse_dotenv
from sandbox.compose.template import Variables
from sandbox.errors import SourceError, UsageError

NAME: Final = "RELEASE"
COMMIT_ID: Final = re.compile(r"(?:[0-9a-f]{40}(?:[0-9a-f]{24})?)?")
ASSIGNMENT: Final = re.compile(
    r"\ufeff?(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.\-]*)[ \t]*[=:](?P<gap>[ \t]*)"
)
QUOTED: Final = re.compile(
    r"""(?P<quote>["'])(?P<value>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)""", re.DOTALL
)
UNQUOTED: Final = re.compile(r"(?P<value>[^\n]*?)(?=[ \t\r]*(?:\n|\Z)| +#)")
BLANK: Final = re.compile(r"\s*(?:#[^\n]*(?:\n|\Z)\s*)*")
REST: Final = re.compile(r"[ \t\r]*(?:#[^\n]*)?(?=\n|\Z)")
LINE: Final = re.compile(r"[^\n]*(?:\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Assignment:
    """Where one variable's value is in the text."""

    name: str
    start: int
    end: int


def set_release(text: str, release: str, *, place: str = ".env") -> str:
    r"""
    Replace the value of the last ``RELEASE`` in *text*, or add one at the end.

    Comments, quotes, order, blanks and line ends (``\n`` or ``\r\n``) stay as they are.

    Args:
        text: A whole ``.env`` as Compose reads it.
        release: Full commit id, lower case; empty to follow the tracked commit again.
        place: How to call the file in errors.

    Raises:
        UsageError: *release* is no full commit id.
        SourceError: A quote is not closed, something follows the closing quote, or the loader would
            not read the result as *release*.

    Source:
        Compose Specification, "Env_file format".
    """
    if not COMMIT_ID.fullmatch(release):
        raise UsageError(f"{release!r} is not a full commit id", remedy="git rev-parse gives it")
    found = [one for one in _assignments(text, place) if one.name == NAME]
    # Quotes only where nothing else will do: before a comment an empty value needs them.
    for value in (release, f'"{release}"'):
        changed = _replaced(text, found[-1], value) if found else _added(text, value)
        if parse_dotenv(changed, Variables({})).values.get(NAME) == release:
            return changed
    raise SourceError(
        f"{place}: {NAME} cannot be set without rewriting what is around it",
        remedy=f"write {NAME}={release} on a line of its own and commit it",
    )


def _replaced(text: str, assignment: _Assignment, value: str) -> str:
    return text[: assignment.start] + value + text[assignment.end :]


def _added(text: str, value: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text or text.endswith("\n") else newline
    return f"{text}{gap}{NAME}={value}{newline}"


def _assignments(text: str, place: str) -> Iterator[_Assignment]:
    position = 0
    while position < len(text):
        position = _end(BLANK, text, position)
        head = ASSIGNMENT.match(text, position)
        if head is None:
            position = _end(LINE, text, position)
            continue
        line = text.count("\n", 0, position) + 1
        value = _value(text, head, f"{place}:{line}")
        yield _Assignment(name=head["name"], start=value.start("value"), end=value.end("value"))
        position = _end(LINE, text, value.end())


def _value(text: str, head: re.Match[str], place: str) -> re.Match[str]:
    """Find the value behind the equals sign; quotes may hold several lines."""
    start = head.end()
    following = text[start : start + 1]
    if following in {'"', "'"}:
        value = QUOTED.match(text, start)
        if value is None:
            raise SourceError(f"{place}: the quote of {head['name']} is not closed")
        if not REST.match(text, value.end()):
            raise SourceError(f"{place}: text follows the closing quote of {head['name']}")
        return value
    # A comment needs a blank before it; where there is no value that is the one behind the sign.
    value = UNQUOTED.match(text, head.start("gap") if following == "#" else start)
    assert value, "an unquoted value may be empty"
    return value


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    assert found, "these patterns match the empty text"
    return found.end()

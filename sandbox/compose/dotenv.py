"""The grammar of ``.env`` and of ``env_file``."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.compose.template import Variables, substitute

_KEY = re.compile(r"[ \t\f\v]*(?:export[ \t]+)?([^\n=:]*)(=|:|\n|$)")
_KEY_NAME = re.compile(r"[\w.\-\[\]]+")
_ESCAPE = re.compile(r"\\([abcfnrtv$\"\\]|0[0-7]{0,3})")
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "c": "\\c",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "$": "$$",
    '"': '"',
    "\\": "\\",
}


@dataclass(slots=True, kw_only=True)
class DotenvFile:
    """
    What a file says.

    Attributes:
        values: By name, in order; a name alone takes its value from outside, or is left out.
        lines: One-based line by name.
        faults: Line and message of what could not be read.
        unset: Line and name of variables that read as empty.
    """

    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    unset: list[tuple[int, str]] = field(default_factory=list)


def parse_dotenv(
    text: str, outside: Variables, earlier: Mapping[str, str] | None = None
) -> DotenvFile:
    """
    Read *text*; go on after a line that cannot be read.

    ``export``, ``=`` or ``:``, single quotes (literal), double quotes (escapes and variables),
    several lines in quotes, comments that begin with ``#`` or, behind a value, with a blank and
    ``#``. Values see *outside*, then earlier lines, then what *earlier* files say.
    """
    result = DotenvFile()
    lookup = Variables(ChainMap(result.values, dict(earlier or {})), outside)
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    position, line, counted = 0, 1, 0
    while (position := _skip(text, position)) < len(text):
        line, counted = line + text.count("\n", counted, position), position
        position = _entry(text, position, line, lookup, result)
    return result


def parse_raw(text: str, outside: Variables) -> DotenvFile:
    """Read the format ``raw`` of an ``env_file``: neither quotes nor variables nor comments."""
    result = DotenvFile()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        name, equals, value = line.partition("=")
        if not name.strip() or name.lstrip().startswith("#"):
            continue
        inherited = value if equals else outside.get(name.strip())
        if inherited is not None:
            result.values[name.strip()] = inherited
            result.lines[name.strip()] = number
    return result


def _skip(text: str, position: int) -> int:
    """Skip white space and lines of comment."""
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text[position] == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        else:
            break
    return position


def _entry(text: str, position: int, line: int, lookup: Variables, result: DotenvFile) -> int:
    found = _KEY.match(text, position)
    assert found is not None, "every part of the pattern may be empty"
    name = found[1].strip()
    if name and not _KEY_NAME.fullmatch(name):
        result.faults.append((line, "this is not `NAME=value`"))
        return _line_end(text, position)
    if found[2] in {"=", ":"}:
        value, position = _value(text, found.end(), line, lookup, result)
    else:
        value, position = lookup.get(name), found.end()
    if value is not None and (name or found[2] != "\n"):
        result.values[name] = value
        result.lines[name] = line
    return position


def _value(
    text: str, position: int, line: int, lookup: Variables, result: DotenvFile
) -> tuple[str | None, int]:
    while text[position : position + 1] in {" ", "\t", "\f", "\v"}:
        position += 1
    quote = text[position : position + 1]
    if quote in {"'", '"'}:
        return _quoted(text, position, line, lookup, result)
    end = _line_end(text, position)
    bare = text[position:end].partition(" #")[0].rstrip()
    return _expanded(bare, line, lookup, result), end


def _quoted(
    text: str, position: int, line: int, lookup: Variables, result: DotenvFile
) -> tuple[str | None, int]:
    quote = text[position]
    pattern = re.compile(rf"{quote}((?:[^\\{quote}]|\\.)*){quote}", re.DOTALL)
    found = pattern.match(text, position)
    if found is None:
        result.faults.append((line, f"the value begins with {quote} and never ends with it"))
        return None, len(text)
    value = found[1].replace(f"\\{quote}", quote)
    if quote == '"':
        return _expanded(_ESCAPE.sub(_unescape, value), line, lookup, result), found.end()
    return value, found.end()


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if code.startswith("0"):
        return chr(int(code, 8))
    return _ESCAPES[code]


def _expanded(value: str, line: int, lookup: Variables, result: DotenvFile) -> str | None:
    substitution = substitute(value, lookup)
    result.unset += [(line, name) for name in substitution.unset]
    if substitution.fault:
        result.faults.append((line, substitution.fault))
        return None
    return substitution.text


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end

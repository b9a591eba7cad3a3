"""Variables in one text: ``$X``, ``${X}``, ``${X:-d}`` and the rest, nested; ``$$`` is a dollar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NESTING_MAX = 32
LENGTH_MAX = 2**20
GROWTH_MAX = 2**24
"""Letters that all texts of one load may come to, so that few variables cannot fill the memory."""

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_BRACE = re.compile(r"[{}]")
_BRACED = re.compile(r"([_a-zA-Z][_a-zA-Z0-9]*)(?:(:?[-?+])(.*))?", re.DOTALL)


class Growth:
    """How many letters the texts of one load have come to."""

    def __init__(self) -> None:
        self._letters = 0

    @property
    def is_too_much(self) -> bool:
        """Did the texts come to more than `GROWTH_MAX`?"""
        return self._letters > GROWTH_MAX

    def add(self, letters: int) -> None:
        """Count a text."""
        self._letters += letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a variable gets its value, ``file:line``, and which variables in it are not set."""

    place: str
    unset: tuple[str, ...] = ()


class Variables:
    """
    What interpolation knows; remembers which names were asked for.

    Args:
        values: By name; may still grow.
        outside: Known before, and stronger.
        growth: Of the load; that of *outside*, if it is not given.
        origins: Of those of *values* that a file sets.
    """

    def __init__(
        self,
        values: Mapping[str, str],
        outside: Variables | None = None,
        growth: Growth | None = None,
        origins: Mapping[str, Origin] | None = None,
    ) -> None:
        self._values = values
        self._outside = outside
        self._origins = origins or {}
        self.growth: Growth = growth or (outside.growth if outside else Growth())
        self.used: set[str] = set()

    def get(self, name: str) -> str | None:
        """Give the value of *name*; ``None`` when it is not set."""
        self.used.add(name)
        value = self._outside.get(name) if self._outside else None
        return self._values.get(name) if value is None else value

    def origin(self, name: str) -> Origin | None:
        """Say where *name* gets its value; ``None`` when no file sets it."""
        if self._outside is not None and self._outside.get(name) is not None:
            return self._outside.origin(name)
        return self._origins.get(name)


@dataclass(slots=True, kw_only=True)
class Substitution:
    """
    What became of a text.

    Attributes:
        text: The result; as far as it came when there is a *fault*.
        used: Names whose values are in it, in order.
        unset: Names without a value that read as empty, in order.
        fault: What is wrong with the text; empty when nothing is.
    """

    text: str = ""
    used: list[str] = field(default_factory=list)
    unset: list[str] = field(default_factory=list)
    fault: str = ""


def unset_text(name: str, env_file: str) -> str:
    """
    Say that *name* has no value, and how to give it one, none or a dollar sign.

    *env_file* is the file to set it in; empty where no file can.
    """
    setting = f"set it in `{env_file}`, or " if env_file else ""
    return (
        f"the variable {name} is not set; it reads as empty"
        f" ({setting}write `${{{name}:-}}` for empty, `$$` for a dollar sign)"
    )


class _FaultError(Exception):
    """The text cannot be read on; carries the message."""


def substitute(text: str, variables: Variables) -> Substitution:
    """
    Replace the variables of *text*.

    An alternative is evaluated only when it is used, so ``${A:-${B:?missing}}`` needs no B while
    A is set. (Compose did evaluate it until January 2026.)
    """
    result = Substitution()
    if variables.growth.is_too_much:
        result.fault = f"all values together grow beyond {GROWTH_MAX // 2**20} MiB"
        return result
    try:
        result.text = _expand(text, variables, result, 0)
        variables.growth.add(len(result.text))
    except _FaultError as error:
        result.fault = str(error)
    return result


def _expand(text: str, variables: Variables, result: Substitution, depth: int) -> str:
    if depth > NESTING_MAX:
        raise _FaultError(f"variables nest deeper than {NESTING_MAX} levels")
    parts: list[str] = []
    position = length = 0
    while (dollar := text.find("$", position)) >= 0:
        parts.append(text[position:dollar])
        value, position = _one(text, dollar, variables, result, depth)
        parts.append(value)
        length += len(value)
        # Before they are put together: a million times a long value would fill the memory.
        if length > LENGTH_MAX:
            break
    parts.append(text[position:])
    if length > LENGTH_MAX or sum(map(len, parts)) > LENGTH_MAX:
        raise _FaultError("the value grows beyond 1 MiB")
    return "".join(parts)


def _one(
    text: str, dollar: int, variables: Variables, result: Substitution, depth: int
) -> tuple[str, int]:
    """Replace what begins at *dollar*; give its value and the position behind it."""
    following = text[dollar + 1 : dollar + 2]
    if following == "$":
        return "$", dollar + 2
    if following == "{":
        end = _closing(text, dollar + 1)
        if end < 0:
            raise _FaultError(f"{_shown(text[dollar:])} is never closed with }}")
        return _braced(text[dollar : end + 1], variables, result, depth), end + 1
    name = _NAME.match(text, dollar + 1)
    if name is None:
        return "$", dollar + 1
    return _value(name[0], variables, result), name.end()


def _closing(text: str, start: int) -> int:
    """Find the brace that closes the one at *start*; -1 when none does."""
    level = 0
    for found in _BRACE.finditer(text, start):
        level += 1 if found[0] == "{" else -1
        if level == 0:
            return found.start()
    return -1


def _braced(expression: str, variables: Variables, result: Substitution, depth: int) -> str:
    found = _BRACED.fullmatch(expression[2:-1])
    if found is None:
        raise _FaultError(
            f"{_shown(expression)} is not a variable; allowed are ${{X}} and ${{X:-default}},"
            " ${X-default}, ${X:?message}, ${X?message}, ${X:+other}, ${X+other}; $$ is a dollar"
        )
    name, operator, word = found[1], found[2] or "", found[3] or ""
    if not operator:
        return _value(name, variables, result)
    value = variables.get(name)
    given = value is not None and (value != "" or not operator.startswith(":"))
    if operator.endswith("+"):
        return _expand(word, variables, result, depth + 1) if given else ""
    if given:
        result.used.append(name)
        return value or ""
    alternative = _expand(word, variables, result, depth + 1)
    if operator.endswith("?"):
        raise _FaultError(
            f"the variable {name} is required but not set: {alternative}".rstrip(": ")
        )
    return alternative


def _value(name: str, variables: Variables, result: Substitution) -> str:
    value = variables.get(name)
    if value is None:
        result.unset.append(name)
    else:
        result.used.append(name)
    return value or ""


def _shown(expression: str) -> str:
    return expression if len(expression) <= 40 else f"{expression[:40]}…"  # noqa: PLR2004 - fits a line

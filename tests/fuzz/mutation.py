"""
Small damage to a text, by chance: what fuzzing does to its seeds.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeAlias

LENGTH_MAX: Final = 4_000
ROUNDS_MAX: Final = 4
ODD: Final = (
    "\0",
    "\t",
    "\r",
    "\n",
    "\x0b",
    "\x1b",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "٣",
    "²",
    "İ",
    "\U0001f600",
    "\udcff",
    "\udc80",
)
"""Signs that readers of text forget; the last two become bytes that are no UTF-8."""

_Change: TypeAlias = Callable[[Random, str, str, Sequence[str]], str]


def mutated(random: Random, text: str, other: str, tokens: Sequence[str]) -> str:
    """
    Change *text* a few times; *other* is a text to take parts from, *tokens* are words of its kind.
    """
    for _ in range(1 + int(random.random() * ROUNDS_MAX)):
        change = _CHANGES[int(random.random() * len(_CHANGES))]
        text = change(random, text, other, tokens)
    return text[:LENGTH_MAX]


def _at(random: Random, text: str) -> int:
    return int(random.random() * (len(text) + 1))


def _span(random: Random, text: str) -> tuple[int, int]:
    """Choose a part of *text*: more often a short one."""
    start = _at(random, text)
    length = int(random.random() ** 3 * (len(text) - start + 1))
    return start, start + max(length, 1)


def _without(random: Random, text: str, _other: str, _tokens: Sequence[str]) -> str:
    start, end = _span(random, text)
    return text[:start] + text[end:]


def _again(random: Random, text: str, _other: str, _tokens: Sequence[str]) -> str:
    start, end = _span(random, text)
    times = 1 if random.random() < 0.9 else 1 << int(random.random() * 8)
    at = _at(random, text)
    return text[:at] + text[start:end] * times + text[at:]


def _token(random: Random, text: str, _other: str, tokens: Sequence[str]) -> str:
    at = _at(random, text)
    return text[:at] + tokens[int(random.random() * len(tokens))] + text[at:]


def _replaced(random: Random, text: str, _other: str, tokens: Sequence[str]) -> str:
    start, end = _span(random, text)
    return text[:start] + tokens[int(random.random() * len(tokens))] + text[end:]


def _sign(random: Random, text: str, _other: str, _tokens: Sequence[str]) -> str:
    at = _at(random, text)
    sign = chr(32 + int(random.random() * 95))
    if random.random() < 0.2:
        sign = ODD[int(random.random() * len(ODD))]
    return text[:at] + sign + text[at + (random.random() < 0.5) :]


def _crossed(random: Random, text: str, other: str, _tokens: Sequence[str]) -> str:
    return text[: _at(random, text)] + other[_at(random, other) :]


def _line(random: Random, text: str, other: str, _tokens: Sequence[str]) -> str:
    """Put a line of the one among the lines of the other."""
    lines, others = text.split("\n"), other.split("\n")
    taken = others[int(random.random() * len(others))]
    indent = "  " * int(random.random() * 3) if random.random() < 0.3 else ""
    lines.insert(int(random.random() * (len(lines) + 1)), indent + taken)
    return "\n".join(lines)


def _digit(random: Random, text: str, _other: str, _tokens: Sequence[str]) -> str:
    """Make a number at some digit longer or another."""
    start = _at(random, text)
    for at in range(start, len(text)):
        if text[at].isdigit():
            number = str(int(10 ** (random.random() * 22)))
            return text[:at] + number + text[at + 1 :]
    return text


_CHANGES: Final[tuple[_Change, ...]] = (
    _without,
    _again,
    _token,
    _token,
    _replaced,
    _sign,
    _sign,
    _crossed,
    _line,
    _digit,
)

"""
Compare a JSON document with its shape in a page: the keys, and the types where a value stands.

A shape is JSON in which a value may be left out (``{"id", "steps": [{"action"}]}``: any value) and
``…`` stands for further keys or any value.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ANY = object()
"""Stands for a value of any type."""

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|…|true|false|null|-?\d+(?:\.\d+)?)')


@dataclass(frozen=True, slots=True)
class Keys:
    """
    An object of a shape; *more* when it may have other keys.
    """

    of: dict[str, Any]
    more: bool


def parse_shape(text: str) -> Any:
    """
    Read a shape.
    """
    tokens = _TOKEN.findall(text)
    assert not _TOKEN.sub("", text).strip(), f"not a shape: {text}"
    reading = _Reading(tokens)
    value = reading.value()
    assert not reading.left, f"text behind the shape: {reading.left}"
    return value


class _Reading:
    def __init__(self, tokens: list[str]) -> None:
        self.left = list(tokens)

    def take(self, *wanted: str) -> str:
        token = self.left.pop(0)
        assert not wanted or token in wanted, f"{token} stands where one of {wanted} has to"
        return token

    def value(self) -> Any:
        token = self.take()
        if token == "{":
            return self.keys()
        if token == "[":
            return self.items()
        return ANY if token == "…" else json.loads(token)

    def keys(self) -> Keys:
        found: dict[str, Any] = {}
        more = False
        while self.left[0] != "}":
            key = self.take()
            if key == "…":
                more = True
            elif self.left[0] == ":":
                self.take(":")
                found[json.loads(key)] = self.value()
            else:
                found[json.loads(key)] = ANY
            if self.left[0] != "}":
                self.take(",")
        self.take("}")
        return Keys(found, more)

    def items(self) -> list[Any]:
        found: list[Any] = []
        while self.left[0] != "]":
            found.append(self.value())
            if self.left[0] != "]":
                self.take(",")
        self.take("]")
        return found


def misfits(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """
    Say in which places *value* is not of *shape*; ``null`` may stand for anything.
    """
    if shape is ANY or value is None or (isinstance(shape, str) and shape == "…"):
        return
    if isinstance(shape, Keys):
        yield from _keys_misfit(shape, value, where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{where} is no list"
            return
        for number, item in enumerate(value if shape else ()):
            yield from misfits(shape[0], item, f"{where}[{number}]")
    elif shape is None:
        return
    elif isinstance(shape, bool) or isinstance(value, bool):
        if type(shape) is not type(value):
            yield f"{where} is {value!r}, not of the type of {shape!r}"
    elif isinstance(shape, (int, float)) != isinstance(value, (int, float)) or (
        isinstance(shape, str) != isinstance(value, str)
    ):
        yield f"{where} is {value!r}, not of the type of {shape!r}"


def _keys_misfit(shape: Keys, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} is no object"
        return
    for key, inner in shape.of.items():
        if key not in value:
            yield f"{where}.{key} is missing"
        else:
            yield from misfits(inner, value[key], f"{where}.{key}")
    if not shape.more:
        yield from (f"{where}.{key} is not in the page" for key in value if key not in shape.of)

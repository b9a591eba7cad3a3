"""The tree that a document becomes: immutable, and all nodes and keys know their place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys of mappings and indexes of lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place: path inside the repository, line and column from one (0: the whole file)."""

    file: str
    line: int = 0
    column: int = 0

    @property
    def text(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A plain date or time, which Compose takes for neither a string nor a number."""

    text: str


Value: TypeAlias = str | int | float | bool | Date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One value."""

    value: Value
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A mapping; *key_marks* has the place of each key of *values*."""

    values: Mapping[str, Node]
    key_marks: Mapping[str, Mark]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """Give the value of *key*, or nothing."""
        return self.values.get(key)


Node: TypeAlias = Scalar | ListNode | MapNode

_DIGITS_MAX = 19  # of a number of 64 bits
_FIXED_MIN, _FIXED_MAX = 1e-4, 1e6  # Go writes an exponent outside of these

NOWHERE = Mark(file="")
EMPTY = MapNode(values={}, key_marks={}, mark=NOWHERE)


def mapping(node: Node | None) -> MapNode:
    """See *node* as a mapping; anything else is an empty one."""
    return node if isinstance(node, MapNode) else EMPTY


def items(node: Node | None) -> tuple[Node, ...]:
    """See *node* as a list; a value stands for a list of itself, nothing and null for none."""
    return tuple(item for _, item in numbered(node))


def numbered(node: Node | None) -> tuple[tuple[int, Node], ...]:
    """Give `items` with their indexes as written; a null in a list is where something was cut."""
    if isinstance(node, ListNode):
        return tuple((i, item) for i, item in enumerate(node.items) if not is_null(item))
    return () if node is None or is_null(node) else ((0, node),)


def is_null(node: Node | None) -> bool:
    """Is *node* an explicit null?"""
    return isinstance(node, Scalar) and node.value is None


def text(node: Node | None, default: str = "") -> str:
    """Write a scalar as Compose does; nothing, null and collections give *default*."""
    if not isinstance(node, Scalar) or node.value is None:
        return default
    value = node.value
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float_text(value)
    return value.text if isinstance(value, Date) else str(value)


def flag(node: Node | None, *, default: bool) -> bool:
    """Read a boolean; anything else gives *default*."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, bool) else default


def integer(node: Node | None) -> int | None:
    """Read a whole number, also one written as a string or as ``1.0``."""
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    value = node.value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        try:
            return int(value) if len(value) <= _DIGITS_MAX else None
        except ValueError:
            return None
    return None


Plain: TypeAlias = "Value | list[Plain] | dict[str, Plain]"


def plain(node: Node) -> Plain:
    """Give the values alone: scalars, lists and dictionaries."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def _float_text(value: float) -> str:
    """Write a float as Go's ``%v`` does: shortest digits, an exponent from ``1e+06`` on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("+Inf" if value > 0 else "-Inf")
    if value == 0 or _FIXED_MIN <= abs(value) < _FIXED_MAX:
        return repr(value).removesuffix(".0")
    candidates = (f"{value:.{precision}e}" for precision in range(18))
    return next(candidate for candidate in candidates if float(candidate) == value)

"""
Compose files by chance, and the same file written in other ways.
"""

import json
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, TypeAlias, TypeVar

from hypothesis import strategies as st

_T = TypeVar("_T")
Tree: TypeAlias = "Mapping[str, Tree] | Sequence[Tree] | str | int | float | bool | None"

values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=30)
"""Texts that a variable of a container may have."""

_PLAIN: Final = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_/.][\w/.-]*", re.IGNORECASE
)
_COMMENTS: Final = ("", "", "", "  # note", "\t# 'note': [", " #")
_LINES: Final = ("", "", "", "", "\n", '# note: "\n', "   \n", "    # - note\n")


class Writer:
    """
    Writes trees as YAML, each time in another way.

    Only what says nothing differs: order of keys, flow or block, indentation, quotes, comments and
    blank lines.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def document(self, tree: Mapping[str, Tree]) -> str:
        """
        Write a whole document.
        """
        return self._one(("", "---\n", "# note\n\n", "\ufeff")) + self._mapping(tree, 0)

    def _mapping(self, tree: Mapping[str, Tree], indent: int) -> str:
        keys = list(tree)
        self._random.shuffle(keys)
        before = " " * indent
        return "".join(
            f"{self._one(_LINES)}{before}{self._text(key)}:{self._value(tree[key], indent)}"
            for key in keys
        )

    def _value(self, value: Tree, indent: int) -> str:
        """
        Write what stands behind a colon, with the end of its line.
        """
        if isinstance(value, Mapping) and value and self._random.random() < 0.7:
            deeper = indent + self._one((1, 2, 4, 7))
            return f"{self._one(_COMMENTS)}\n{self._mapping(value, deeper)}"
        if isinstance(value, list) and value and self._random.random() < 0.7:
            before = " " * (indent + self._one((0, 2, 3)))
            lines = "".join(f"{self._one(_LINES)}{before}- {self._flow(v)}\n" for v in value)
            return f"{self._one(_COMMENTS)}\n{lines}"
        return f"{self._one((' ', '   '))}{self._flow(value)}{self._one(_COMMENTS)}\n"

    def _flow(self, value: Tree) -> str:
        blank = self._one(("", " ", "  "))
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            keys = list(value)
            self._random.shuffle(keys)
            inner = f",{blank} ".join(
                f"{self._text(key)}: {self._flow(value[key])}" for key in keys
            )
            return f"{{{blank}{inner}{blank}}}"
        if isinstance(value, Sequence):
            return f"[{blank}{f' ,{blank}'.join(map(self._flow, value))}{blank}]"
        return json.dumps(value)

    def _text(self, text: str) -> str:
        ways = [json.dumps(text)]
        if "\n" not in text and text.isprintable():
            ways.append("'" + text.replace("'", "''") + "'")
        if _PLAIN.fullmatch(text):
            ways.append(text)
        return self._one(ways)

    def _one(self, choices: Sequence[_T]) -> _T:
        return self._random.choice(choices)

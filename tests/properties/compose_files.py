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

values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
"""Texts that a variable of a container may have."""

_PLAIN: Final = re.compile(
    r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_/][\w/.-]*", re.IGNORECASE
)
_COMMENTS: Final = ("", "", "", "  # note", "\t# 'note': [", " #")
_LINES: Final = ("", "", "", "", "\n", '# note: "\n', "   \n", "    # - note\n")

_names: Final = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.]{0,5}", fullmatch=True)
_texts: Final = values.map(lambda text: text.replace("$", "$$"))
_texts_by_name: Final = st.dictionaries(_names, _texts, max_size=3)
_words: Final = st.lists(
    st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True), max_size=3, unique=True
)
_ATTRIBUTES: Final[dict[str, st.SearchStrategy[Tree]]] = {
    "annotations": _texts_by_name,
    "cap_add": _words,
    "command": st.just("a 'b  c' $$d") | st.lists(_texts, max_size=3),
    "cpu_shares": st.integers(0, 99),
    "deploy": st.fixed_dictionaries(
        {},
        optional={
            "replicas": st.integers(0, 1),
            "resources": st.fixed_dictionaries(
                {"limits": st.fixed_dictionaries({"memory": st.sampled_from(["64m", "1g"])})}
            ),
        },
    ),
    "dns": _words | st.just("1.1.1.1"),
    "entrypoint": st.lists(_texts, max_size=3),
    "environment": _texts_by_name,
    "expose": st.lists(st.integers(1, 65535), max_size=3, unique=True),
    "healthcheck": st.fixed_dictionaries(
        {"test": st.just(["CMD", "a: b"])},
        optional={"interval": st.sampled_from(["10s", "1m30s"]), "retries": st.integers(0, 9)},
    ),
    "hostname": st.sampled_from(["a", "web-1"]),
    "init": st.booleans(),
    "labels": _texts_by_name,
    "logging": st.fixed_dictionaries({"driver": st.just("none"), "options": _texts_by_name}),
    "ports": st.lists(
        st.sampled_from(["80", "8080:80", "127.0.0.1:53:53/udp"])
        | st.fixed_dictionaries({"target": st.integers(1, 65535), "protocol": st.just("udp")}),
        max_size=3,
    ),
    "read_only": st.booleans(),
    "restart": st.sampled_from(["no", "always", "on-failure:3"]),
    "tmpfs": st.sampled_from(["/a", ["/a", "/b:size=1m"]]),
    "ulimits": st.fixed_dictionaries(
        {"nofile": st.fixed_dictionaries({"soft": st.integers(0, 5), "hard": st.integers(5, 9)})}
    ),
    "user": st.sampled_from(["app", "1000:1000", "0"]),
    "x-note": _texts_by_name,
}


def services() -> st.SearchStrategy[dict[str, Tree]]:
    """
    Give attributes of a service; some are refused in all ways of writing them, most are right.
    """
    return st.fixed_dictionaries({}, optional=_ATTRIBUTES)


def _escaped(text: str) -> str:
    """
    Write *text* in double quotes; whatever YAML minds is an escape.
    """
    escapes = {'"': '\\"', "\\": "\\\\"}
    letters = (
        escapes.get(each, each) if each.isprintable() else f"\\U{ord(each):08x}" for each in text
    )
    return f'"{"".join(letters)}"'


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
        ways = [_escaped(text)]
        if "\n" not in text and text.isprintable():
            ways.append("'" + text.replace("'", "''") + "'")
        if _PLAIN.fullmatch(text):
            ways.append(text)
        return self._one(ways)

    def _one(self, choices: Sequence[_T]) -> _T:
        return self._random.choice(choices)

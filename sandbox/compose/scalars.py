"""Plain YAML scalars as Compose reads them: YAML 1.2 for words, Go's rules for numbers."""

from __future__ import annotations

import math
import re

from sandbox.compose.node import Date, Value

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_NUMERIC_START = frozenset("+-.0123456789")
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?)?"
)
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)"
    r"|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_BITS = 64
_DIGITS_MAX = 70  # 64 bits in binary and a little; longer ones are floats anyway


def plain_value(text: str) -> Value:
    """
    Read an unquoted scalar.

    ``yes``, ``no``, ``on``, ``off`` and ``22:22`` are strings; ``010`` and ``0o10`` are eight.

    Source:
        `resolve.go` of go-yaml v3, which Compose reads its files with.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _DATE.fullmatch(text):
        return Date(text=text)
    return _number(text)


def _number(text: str) -> Value:
    digits = text.replace("_", "")
    found = _INTEGER.fullmatch(digits) if len(digits) <= _DIGITS_MAX else None
    if found:
        name = str(found.lastgroup)
        number = int(found[name], _BASES[name])
        if number < 2**_BITS:
            return -number if found["sign"] == "-" else number
    found_float = float(digits) if _FLOAT.fullmatch(digits) else math.inf
    return found_float if math.isfinite(found_float) else text

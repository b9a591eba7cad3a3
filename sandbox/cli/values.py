"""
Values of options: what is wrong with one is told in our words, with those that are allowed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

Choice = TypeVar("Choice", bound=StrEnum)


def one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """
    Make the parser of a value that is one of *kind*.
    """

    def parse(text: str) -> Choice:
        for each in kind:
            if text == each.value:
                return each
        *others, last = (each.value for each in kind)
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise typer.BadParameter(f"{text!r} is not allowed; write {allowed}")

    return parse


def whole_number(least: int) -> Callable[[str | int], int]:
    """
    Make the parser of a whole number of at least *least*.
    """

    def parse(text: str | int) -> int:
        digits = str(text).strip()
        if digits.isascii() and digits.isdigit() and int(digits) >= least:
            return int(digits)
        raise typer.BadParameter(f"{text!r} is not allowed; write a whole number from {least} on")

    return parse

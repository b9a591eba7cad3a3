"""
Words of messages that depend on a number.
"""

from __future__ import annotations


def count(number: int, noun: str, plural: str = "") -> str:
    """
    Number and noun, such as ``1 step`` or ``3 steps``; *plural* where an ``s`` does not make it.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def one_or_many(number: int, one: str, many: str) -> str:
    """
    Word that goes with *number* things, such as ``is`` or ``are``.
    """
    return one if number == 1 else many

"""
Read a plain command line by the table of commands: Typer takes longer to load than it takes to run.

Whatever is unusual, and all that is wrong, is left to Typer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cli.commands import COMMON, named

if TYPE_CHECKING:
    from collections.abc import Sequence


def plain_options(words: Sequence[str]) -> list[tuple[str, str]] | None:
    """
    The options behind the name of a command, in their order: as the table has them, and the value.

    Args:
        words: What follows the name of the program; a command that belongs to no group first.

    Returns:
        A flag has an empty value. ``None`` when there is anything but options, or one without
        its value.
    """
    row = named(words[:1])
    known = {*row.options, *COMMON} if row else set[str]()
    found: list[tuple[str, str]] = []
    rest = iter(words[1:])
    for word in rest:
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if f"{name}=" in known:
            value = value if equals else next(rest, "")
            if not value or value.startswith("-"):
                return None
        elif word not in known:
            return None
        found.append((name, value))
    return found

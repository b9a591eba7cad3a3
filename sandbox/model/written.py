"""Values as a file has them: what messages need to name the line where a value stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """
    One value of a file.

    Attributes:
        text: What it says, variables replaced and short forms brought to long ones.
        name: Its key in the mapping that it stands in; empty in a list.
        place: ``file:line``.
        variables: Those that it is made of and that an env file sets, each with its place:
            ``SOCKET (environments/staging/.env:2)``.
        unset: Variables without a value, in it or in one of *variables*.
    """

    text: str
    name: str = ""
    place: str
    variables: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


Entries: TypeAlias = "Mapping[str, tuple[tuple[Written, ...], ...]]"
"""By attribute: its entries, each with all values in it; an attribute that is no list has one."""


def nothing_written() -> Entries:
    """Give no entries: what is not from a file."""
    return {}

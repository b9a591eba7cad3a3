"""What a file is read in: where its paths begin, what it sees, and how it came into play."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.compose.node import Mark
from sandbox.compose.template import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    The surroundings of the files of one project, be it the first or an included one.

    Attributes:
        base: Absolute folder at which relative paths begin.
        variables: For interpolation and for names without a value.
        chain: The entries of `include` that led here, the first one first.
        files: Absolute paths of the files that are being read, from the first project down.
    """

    base: str
    variables: Variables
    chain: tuple[Mark, ...] = ()
    files: tuple[str, ...] = ()

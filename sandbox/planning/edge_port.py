"""
Where the edge is to be, as ``SANDBOX_EDGE_PORT`` says it.
"""

from __future__ import annotations

from typing import Final

from sandbox.errors import UsageError

EDGE_PORT: Final = 8080
_DIGITS: Final = 5


def read_edge_port(said: str) -> int:
    """
    Read the port that the variable names; the usual one when it is empty, 0 for ``off``.

    Raises:
        UsageError: It is neither a port nor ``off``.
    """
    text = said.strip() or str(EDGE_PORT)
    if text.lower() == "off":
        return 0
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) < 2**16:
        return int(text)
    message = f"SANDBOX_EDGE_PORT is {text[:40]!r}, which is neither a port nor `off`"
    raise UsageError(message, remedy="set it to a number up to 65535, to `off`, or not at all")

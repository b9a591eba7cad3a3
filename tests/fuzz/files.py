"""
Several files as one text, so that one mutation can reach all of them.
"""

from collections.abc import Mapping
from typing import Final

_CUT: Final = "%%% "


def joined(files: Mapping[str, str]) -> str:
    """
    Write each file below a line with its name.
    """
    return "\n".join(f"{_CUT}{name}\n{text}" for name, text in files.items())


def parted(text: str) -> dict[str, bytes]:
    """
    Give the content of each file by name; what stands before the first name is ``compose.yaml``.
    """
    first, *others = f"\n{text}".split(f"\n{_CUT}")
    files = {"compose.yaml": encoded(first[1:])} if first.strip() else {}
    for other in others:
        name, _, content = other.partition("\n")
        files[name.strip()] = encoded(content)
    return files


def encoded(text: str) -> bytes:
    """
    Give the bytes of *text*, in which half a surrogate stands for a byte that is no UTF-8.
    """
    return text.encode("utf-8", "surrogateescape")

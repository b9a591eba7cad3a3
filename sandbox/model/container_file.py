"""Files that are put into a container."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FileKind(StrEnum):
    """What is at a path."""

    FILE = "file"
    LINK = "link"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFile:
    """
    One file, link or folder of a container.

    Attributes:
        target: Absolute path in the container.
        content: The bytes; of a link, where it points to.
        mode: Permission bits.
        uid: Owner in the container.
        gid: Group in the container.
        source: Where it came from, for people: a path, ``config x``, ``secret x``.
        secret: Its content must never be shown.
    """

    target: str
    content: bytes = field(repr=False)
    kind: FileKind = FileKind.FILE
    mode: int = 0o444
    uid: int = 0
    gid: int = 0
    source: str
    secret: bool = False

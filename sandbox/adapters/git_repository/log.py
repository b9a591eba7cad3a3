"""What a commit says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.errors import SourceError
from sandbox.ports import CommitInfo

if TYPE_CHECKING:
    from sandbox.adapters.git_repository.objects import ObjectReader

IDENTITY: Final = re.compile(rb"(?P<name>.*?) ?<[^>]*> (?P<seconds>-?\d+)")


def read_commit(objects: ObjectReader, commit: str) -> CommitInfo:
    """Read who committed what and when; `SourceError` when there is no such commit."""
    found = objects.read(commit, "commit")
    if found is None:
        raise SourceError(f"there is no commit {commit}")
    head, _, message = found.content.partition(b"\n\n")
    fields = {
        name: value
        for name, _, value in (line.partition(b" ") for line in reversed(head.split(b"\n")))
    }
    author = IDENTITY.match(fields.get(b"author", b""))
    committer = IDENTITY.match(fields.get(b"committer", b""))
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", errors="replace")
    return CommitInfo(
        id=found.id,
        author=_text(author["name"], encoding) if author else "",
        committed_at=float(committer["seconds"]) if committer else 0.0,
        subject=next(iter(_text(message, encoding).strip().splitlines()), ""),
    )


def _text(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, errors="replace")
    except LookupError:
        return raw.decode(errors="replace")

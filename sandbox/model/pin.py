"""An environment that is pinned to a release, and how far that is behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BEHIND_MAX: Final = 500
"""So many commits are counted; as many and more look the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """
    A release that a commit fixes.

    Attributes:
        release: Full commit id; *subject* is the first line of its message.
        source: Environment that it is promoted from; the branch that it tracks, when there is none.
        promoted: *source* is an environment.
        newest: Release that *source* asks for; empty when nobody can tell.
        behind: Commits of *newest* that changed what images are built from, and that *release* does
            not hold; at most `BEHIND_MAX`, ``None`` when nobody can tell.
        proven: The last sync of *source* brought *newest* up, or nobody knows of any sync.
    """

    release: str
    subject: str = ""
    source: str = ""
    promoted: bool = False
    newest: str = ""
    newest_subject: str = ""
    behind: int | None = None
    proven: bool = False

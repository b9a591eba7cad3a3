"""A release set by a commit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """
    What `promote` or `pin` did.

    Attributes:
        environment: Whose release was set.
        source: Environment that it was copied from; empty for `pin`.
        release: Full commit id that is pinned now.
        previous: The one before; empty when there was none.
        commit: The commit that was made; empty when the release was pinned already.
        branch: Branch that the commit is on.
    """

    environment: str
    source: str = ""
    release: str
    previous: str = ""
    commit: str = ""
    branch: str = ""

    @property
    def changed(self) -> bool:
        """A commit was made."""
        return bool(self.commit)

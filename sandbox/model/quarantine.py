"""A revision that failed and is not tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """
    One environment goes without the newest revision of its branch.

    Attributes:
        revision: The commit that is not tried again.
        reason: Why, for people; the first line says what failed.
        remedy: What to do about it, where it is known.
        log: Last lines of what failed, oldest first; no secrets.
        since: Seconds since the epoch.
        serving: The commit that is wanted instead: the last that went well.
    """

    environment: str
    revision: str
    reason: str
    remedy: str = ""
    log: tuple[str, ...] = ()
    since: float
    serving: str

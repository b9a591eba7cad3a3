"""
What people ask our own commands for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AskKind(StrEnum):
    """A command, as a person types it."""

    PROMOTE = "promote"
    FORCE = "promote by force"
    PIN = "pin"
    UNPIN = "unpin"
    ROLLBACK = "rollback"
    ROLLBACK_TO = "rollback to"
    SUSPEND = "suspend"
    RESUME = "resume"
    SYNC = "sync"
    RERUN = "sync with all gates"
    STATUS = "status"
    UP = "up"
    DOWN = "down"
    DOWN_VOLUMES = "down with volumes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """
    A person asks for something, in a process of its own.

    Attributes:
        rank: Which of the releases that there are, counted from the newest, where one is named.
        twice: The same again as soon as it is done.
    """

    environment: str
    kind: AskKind
    rank: int = 0
    twice: bool = False

    @property
    def text(self) -> str:
        again = ", twice" if self.twice else ""
        return f"a person: {self.kind} {self.environment} ({self.rank}){again}"

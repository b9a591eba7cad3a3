"""A sync that runs now: how far it is, and what it does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStep:
    """
    One step that has begun and has not ended.

    Attributes:
        id: As in the plan.
        service_name: Service that it is about; empty when there is none.
        began_at: As `Syncing.began_at`.
        output: The last line that it printed; empty when it printed none.
    """

    id: str
    service_name: str = ""
    began_at: float = 0.0
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Syncing:
    """
    One environment's sync so far.

    Attributes:
        began_at: Seconds on the clock of whoever keeps it; in the journal, since the epoch.
        revision: Commit that it leads to; empty while unknown, and when it takes down.
        holder: Who held the lock meanwhile. Nothing of this is true once somebody else does.
        steps: Of the plan; 0 while it is unknown.
        done: Steps that have ended.
        running: Steps that run now, in the order in which they began.
        output: Last lines of builders and containers, oldest first.
    """

    environment: str
    began_at: float
    revision: str = ""
    holder: str = ""
    steps: int = 0
    done: int = 0
    running: tuple[RunningStep, ...] = ()
    output: tuple[str, ...] = ()

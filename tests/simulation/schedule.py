"""
A schedule: what people commit and do, and what goes wrong, all of it known before anything runs.

A step holds all that it needs, so that steps can be left out of a schedule that fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from tests.simulation.asks import Ask
from tests.simulation.calls import FaultKind
from tests.simulation.models import CommitModel

NEWEST: Final = -1


class DeedKind(StrEnum):
    """What a person does to one of our containers, past us."""

    KILL = "kill"
    STOP = "stop"
    REMOVE = "remove"
    RENAME = "rename"
    PAUSE = "pause"
    DISCONNECT = "disconnect"
    CHANGE_MEMORY = "change the memory of"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit on the branch of an environment; *force* leaves nothing of its history."""

    environment: str
    model: CommitModel
    what: str
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """
    A person does something to a container of an environment.

    Attributes:
        rank: Which one, by name; `NEWEST` is the one that was made last.
        service: Only containers of this service count; all when it is empty.
    """

    environment: str
    kind: DeedKind
    rank: int
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """
    Something goes wrong at the call after *spared* more that it could hit.

    Attributes:
        method: Only calls of this name can be hit; all when it is empty.
    """

    kind: FaultKind
    spared: int
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The controller is killed where it is now, and begins again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The controller is told to end, as by SIGTERM, and begins again."""


Act: TypeAlias = Commit | Deed | Trouble | Restart | Stop | Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    What happens, and how many seconds pass afterwards.

    Attributes:
        turns: How often the baton may change hands before time passes.
    """

    act: Act
    pause_s: float
    turns: int = 0

    @property
    def text(self) -> str:
        match self.act:
            case Commit(environment=environment, what=what, force=force):
                words = f"{'force-push' if force else 'commit'} to {environment}: {what}"
            case Deed(environment=environment, kind=kind, rank=rank, service=service):
                which = "newest" if rank == NEWEST else f"{rank}."
                words = f"a person: {kind} {which} container of {environment} {service}".rstrip()
            case Trouble(kind=kind, spared=spared, method=method):
                words = f"to come: {kind}, after {spared} calls {method}".rstrip()
            case Ask():
                words = self.act.text
            case Restart():
                words = "the controller is killed and begins again"
            case Stop():
                words = "the controller is told to end and begins again"
            case _:
                assert_never(self.act)
        return f"{words}; {self.pause_s:g} s pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    Attributes:
        beginning: What each environment is before the first step.
        fixes: What is committed when all steps are over, by environment.
        deeds: What people do once more when all has come right.
        edge: The machine wants an edge.
    """

    seed: int
    beginning: dict[str, CommitModel]
    steps: tuple[Step, ...]
    fixes: dict[str, CommitModel]
    deeds: tuple[Deed, ...] = ()
    edge: bool = False


def commits(steps: tuple[Step, ...]) -> Iterator[Commit]:
    return (step.act for step in steps if isinstance(step.act, Commit))

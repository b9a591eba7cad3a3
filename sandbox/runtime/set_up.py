"""
Give this machine what the sandbox needs: look, decide, repair, and look again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sandbox.errors import EngineUnreachableError, SetupError
from sandbox.model.diagnosis import Refusal
from sandbox.planning.doctor import next_repair

if TYPE_CHECKING:
    from sandbox.model.diagnosis import Facts, Repair


class Host(Protocol):
    """
    The machine. Looking at it changes nothing.
    """

    def diagnose(self) -> Facts:
        """Look at everything that matters, within seconds."""
        ...

    def perform(self, repair: Repair) -> None:
        """
        Do one repair, telling of it at least once a second.

        Raises:
            SetupError: It failed; the message holds the last lines of what failed.
            EngineUnreachableError: The engine was started and does not answer.
        """
        ...


def set_up(host: Host) -> Facts:
    """
    Repair until an engine answers and has the base image.

    Returns:
        The last look, after the last repair.

    Raises:
        EngineUnreachableError: No engine can be had here.
        SetupError: A repair failed, or the base image cannot be had.
    """
    tried: list[Repair] = []
    while True:
        facts = host.diagnose()
        match next_repair(facts, tried):
            case None:
                return facts
            case Refusal(message=message, remedy=remedy, engine=True):
                raise EngineUnreachableError(message, remedy=remedy)
            case Refusal(message=message, remedy=remedy):
                raise SetupError(message, remedy=remedy)
            case repair:
                host.perform(repair)
                tried.append(repair)

"""
Drift of containers that are there: told apart, so that one that comes back is repaired more slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.action import (
    ConfigureIngress,
    ConnectNetwork,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    DisconnectNetwork,
    RemoveContainer,
    RenameContainer,
    StartContainer,
    StopContainer,
    UnpauseContainer,
)
from sandbox.planning.haproxy import config_hash
from sandbox.planning.plan import differences

if TYPE_CHECKING:
    from sandbox.model.plan import Plan, Step

_GOES: Final = (StopContainer, RemoveContainer)
_SMALL: Final = (ConnectNetwork, DisconnectNetwork, RenameContainer)
_BRINGS: Final = (
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    StartContainer,
    UnpauseContainer,
)


def drifts(plan: Plan) -> dict[str, str]:
    """
    What *plan* repairs of containers that are there: what people are told, by a key for each.

    Empty when it also brings up what is missing or has ended, for that is down until then, and has
    a pause of its own.
    """
    steps = differences(plan)
    going = {step.target for step in steps if isinstance(step.action, _GOES)}
    repairs = [step for step in steps if _repairs(step, going)]
    if not repairs:
        # The ingress follows from what else is repaired; alone, it is the drift.
        repairs = [step for step in steps if isinstance(step.action, ConfigureIngress)]
    repaired = {step.target for step in repairs}
    if any(isinstance(step.action, _BRINGS) and step.target not in repaired for step in steps):
        return {}
    return {_key(step): f"{step.target}: {step.reason}" for step in repairs}


def _repairs(step: Step, going: set[str]) -> bool:
    recreates = isinstance(step.action, CreateContainer) and step.target in going
    return recreates or isinstance(step.action, _SMALL)


def _key(step: Step) -> str:
    action = step.action
    fields = " ".join(change.field for change in step.changes)
    config = config_hash(action.config) if isinstance(action, ConfigureIngress) else ""
    return f"{step.id} {fields} {config}"

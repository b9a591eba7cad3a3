"""What a gate wrote when it ran last: its container is gone, the journal keeps its last lines."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.errors import NotFoundError, SandboxError
from sandbox.planning.rerun import rerun_command
from sandbox.runtime.wanted import load_wanted

if TYPE_CHECKING:
    from sandbox.model.gate import GateResult
    from sandbox.runtime.workspace import Workspace


def last_run(workspace: Workspace, environment: str, gate: str) -> GateResult | None:
    """
    Give the last run of *gate* in *environment*; ``None`` when nothing of that name is a gate.

    Raises:
        NotFoundError: It is a gate that has not run on this machine.
    """
    results = workspace.journal.gate_results(environment)
    found = next((each for each in results if each.gate == gate), None)
    if found is not None:
        return found
    if gate in _declared(workspace, environment):
        message = f"{environment}: the gate {gate} has not run on this machine, so it has no log"
        raise NotFoundError(message, remedy=f"run it: {rerun_command(environment)}")
    return None


def _declared(workspace: Workspace, environment: str) -> set[str]:
    """Give the names of the gates that are committed; none when the files cannot be read."""
    with suppress(SandboxError):
        return {each.name for each in load_wanted(workspace, environment).tracked.gates}
    return set()

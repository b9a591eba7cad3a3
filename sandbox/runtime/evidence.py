"""How gates ended: what the journal knows, and what travelled here with the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.delivery.note import results_of_note
from sandbox.delivery.proof import gate_inputs, last_verdicts
from sandbox.errors import SandboxError
from sandbox.model.gate import GateStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.gate import GatePhase, GateResult
    from sandbox.runtime.workspace import Workspace

RESULTS = 200
"""How far back the journal is read for the result of a gate."""


def gate_evidence(workspace: Workspace, desired: DesiredState) -> tuple[GateResult, ...]:
    """
    Give what is known of the gates of *desired* with exactly its inputs, the last run first.

    What the journal does not know is told by the note on the release; where both do, the journal
    is what happened here.
    """
    return _evidence(workspace, desired, gate_inputs(desired, workspace.owner(desired)))


def _evidence(
    workspace: Workspace, desired: DesiredState, by_gate: Mapping[str, str]
) -> tuple[GateResult, ...]:
    inputs = set(by_gate.values())
    if not inputs:
        return ()
    kept = workspace.journal.gate_results(desired.environment, limit=RESULTS)
    found = [each for each in kept if each.inputs in inputs]
    unknown = inputs - last_verdicts(found).keys()
    if unknown:
        found += [
            each
            for each in _noted(workspace, desired)
            if each.inputs in unknown and each.environment == desired.environment
        ]
    return tuple(sorted(found, key=lambda each: -each.started_at))


def gate_statuses(workspace: Workspace, desired: DesiredState) -> tuple[GateStatus, ...]:
    """Say of every gate of *desired* how it ended last for exactly that, sorted by name."""
    inputs = gate_inputs(desired, workspace.owner(desired))
    results = {each.inputs: each for each in reversed(_evidence(workspace, desired, inputs))}
    return tuple(
        _status(service.name, service.gate.phase, results.get(inputs[service.name]))
        for service in desired.gates
        if service.gate
    )


def _status(name: str, phase: GatePhase, result: GateResult | None) -> GateStatus:
    if result is None:
        return GateStatus(name=name, phase=phase)
    return GateStatus(
        name=name,
        phase=phase,
        verdict=result.verdict,
        ended_at=result.started_at + result.seconds,
        seconds=result.seconds,
        message=result.message,
    )


def _noted(workspace: Workspace, desired: DesiredState) -> tuple[GateResult, ...]:
    try:
        return results_of_note(workspace.repository.read_note(desired.release))
    except SandboxError:
        # Notes that cannot be read prove nothing; what they would have proven is run again.
        return ()

"""Tell which checks a release has passed, from results in whatever order they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.gate import GateVerdict
from sandbox.planning.gates import gate_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.gate import GateResult
    from sandbox.model.observed import Owner

__all__ = ["gate_inputs", "last_verdicts", "missing_proof"]


def last_verdicts(results: Iterable[GateResult]) -> Mapping[str, GateVerdict]:
    """Say how the gate with these inputs ended last, by inputs; what could not run says nothing."""
    told = (each for each in results if each.verdict is not GateVerdict.ERRORED)
    return {each.inputs: each.verdict for each in sorted(told, key=lambda each: each.started_at)}


def missing_proof(
    desired: DesiredState, owner: Owner, results: Iterable[GateResult]
) -> tuple[str, ...]:
    """
    Name the gates of *desired* that have not passed for exactly what it says, sorted.

    Args:
        desired: The environment at the release that is asked about, as committed.
        owner: Whose environment it is.
        results: Of that environment; others do no harm.
    """
    verdicts = last_verdicts(results)
    return tuple(
        name
        for name, inputs in sorted(gate_inputs(desired, owner).items())
        if verdicts.get(inputs) is not GateVerdict.PASSED
    )

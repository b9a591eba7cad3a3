"""What an environment has shown of the release that it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.delivery.promotion import serving_since
from sandbox.delivery.proof import missing_proof
from sandbox.model.gate import GateVerdict
from sandbox.model.promotion import SourceFacts
from sandbox.model.record import Outcome
from sandbox.planning.health import environment_health
from sandbox.runtime.evidence import gate_evidence
from sandbox.runtime.status import read_status
from sandbox.runtime.wanted import SYNCS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.gate import GateResult
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.wanted import Wanted
    from sandbox.runtime.workspace import Workspace


def source_facts(workspace: Workspace, wanted: Wanted, *, soak_s: float) -> SourceFacts:
    """
    Look at the environment of *wanted* now: live, in the journal, and in the notes of Git.

    What is asked about is the newest commit, also while it is in quarantine.
    """
    desired = wanted.tracked
    name = desired.environment
    status = read_status(workspace, name, wanted=wanted)
    records = workspace.journal.syncs(name, limit=SYNCS)
    results = gate_evidence(workspace, desired)
    health = environment_health(status.services) if status.services else status.health
    message = "" if status.suspension or wanted.quarantine else status.message
    return SourceFacts(
        name=name,
        revision=desired.revision,
        applied=_applied(records),
        sync=status.sync,
        health=health,
        message=message or next(iter(status.pending), ""),
        quarantine=wanted.quarantine,
        serving_since=serving_since(records, desired.release),
        soak_s=soak_s,
        missing_gates=missing_proof(desired, workspace.owner(desired), results),
        gates=_last_of_each(results),
    )


def _applied(records: Sequence[SyncRecord]) -> str:
    good = (each.revision for each in records if each.outcome is Outcome.SUCCEEDED)
    return next(good, "")


def _last_of_each(results: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Give how each gate ended last, sorted by name; what could not be run ended in no way."""
    told = (each for each in results if each.verdict is not GateVerdict.ERRORED)
    last = {each.gate: each for each in sorted(told, key=lambda each: each.started_at)}
    return tuple(last[name] for name in sorted(last))

"""
Judge whether a release may be set, and say in a commit why it was.

A verdict is the objections, every one of them; none means that it is allowed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.model.gate import GateVerdict
from sandbox.model.promotion import Move, Objection, ObjectionKind
from sandbox.model.record import Outcome
from sandbox.model.status import Health, SyncStatus
from sandbox.planning.rerun import fix_or_rerun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.model.gate import GateResult
    from sandbox.model.promotion import Migration, Proposal, SourceFacts, TargetFacts
    from sandbox.model.record import SyncRecord


def judge_source(source: SourceFacts, release: str, now: float) -> Iterator[Objection]:
    """Say what speaks against copying *release* from *source*; *now* in seconds since the epoch."""
    yield from _judge_state(source)
    yield from _judge_soak(source, release, now)
    failed = {each.gate: each for each in source.gates if each.verdict is GateVerdict.FAILED}
    for gate in source.missing_gates:
        if gate in failed:
            first = _first_line(failed[gate].message)
            why = f": {first}" if first else ""
            yield Objection(
                kind=ObjectionKind.GATE_FAILED,
                message=f"gate {gate} failed in {source.name} for {release[:7]}{why}",
                remedy=fix_or_rerun(source.name),
            )
        else:
            yield Objection(
                kind=ObjectionKind.GATE_MISSING,
                message=f"gate {gate} has not passed in {source.name} for {release[:7]}",
                remedy=f"run it: sandbox sync {source.name}",
            )


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _judge_state(source: SourceFacts) -> Iterator[Objection]:
    first = _first_line(source.message)
    name, detail = source.name, f": {first}" if first else ""
    if source.quarantine is not None:
        refused = source.quarantine
        reason = _first_line(refused.reason)
        yield Objection(
            kind=ObjectionKind.SOURCE_QUARANTINED,
            message=f"{name} has {refused.revision[:7]} in quarantine: {reason}",
            remedy=f"{fix_or_rerun(name)}; promote when {name} serves it",
        )
    elif source.sync is SyncStatus.OUT_OF_SYNC and source.applied == source.revision:
        yield Objection(
            kind=ObjectionKind.SOURCE_DRIFTED,
            message=f"{name} drifted from {source.revision[:7]}{detail}",
            remedy=f"repair it: sandbox sync {name} --wait",
        )
    elif source.sync is not SyncStatus.SYNCED:
        state = "out of sync" if source.sync is SyncStatus.OUT_OF_SYNC else "in an unknown state"
        yield Objection(
            kind=ObjectionKind.SOURCE_NOT_SYNCED,
            message=f"{name} is {state}, not in sync with {source.revision[:7]}{detail}",
            remedy=f"bring it there: sandbox sync {name} --wait",
        )
    if source.health is not Health.HEALTHY:
        yield Objection(
            kind=ObjectionKind.SOURCE_NOT_HEALTHY,
            message=f"{name} is {source.health}, not healthy{detail}",
            remedy=f"wait for it: sandbox wait {name} --healthy; or look: sandbox status {name}",
        )


def _judge_soak(source: SourceFacts, release: str, now: float) -> Iterator[Objection]:
    if not source.soak_s:
        return
    begun = source.serving_since
    if begun is None:
        message = f"{source.name} is not known to have served {release[:7]} at all"
        remedy = f"its time begins with: sandbox sync {source.name}"
    elif now - begun < source.soak_s:
        left = source.soak_s - (now - begun)
        message = (
            f"{source.name} has to serve {release[:7]} for {source.soak_s:g} s,"
            f" and has for {max(now - begun, 0.0):.0f} s"
        )
        remedy = f"wait another {left:.0f} s"
    else:
        return
    yield Objection(kind=ObjectionKind.SOAKING, message=message, remedy=remedy)


def judge_target(target: TargetFacts, move: Move) -> Iterator[Objection]:
    """Say what of the environment itself speaks against setting its release now."""
    suspended = target.suspension
    if suspended is not None and move in {Move.PROMOTE, Move.ROLLBACK}:
        who = f" by {suspended.author}" if suspended.author else ""
        until = f" until {_moment(suspended.until)}" if suspended.until else ""
        why = suspended.reason or "no reason given"
        yield Objection(
            kind=ObjectionKind.TARGET_SUSPENDED,
            message=f"{target.name} is suspended{who}{until}: {why}",
            remedy=f"sandbox resume {target.name}",
        )
    message, remedy = target.conflict
    if target.head != target.parent:
        yield Objection(
            kind=ObjectionKind.BRANCH_MOVED,
            message=(
                f"{target.branch} has moved from {target.parent[:7]} to {target.head[:7]}"
                " while this was looked at"
            ),
            remedy="run the command again",
            final=True,
        )
    elif message:
        yield Objection(kind=ObjectionKind.EDITED, message=message, remedy=remedy, final=True)


def judge_migrations(
    staying: Iterable[Migration], environment: str, release: str
) -> Iterator[Objection]:
    """Say which migrations do not let *release* come back."""
    for each in staying:
        if each.irreversible:
            yield Objection(
                kind=ObjectionKind.IRREVERSIBLE,
                message=(
                    f"{each.path} stays applied in {environment} and says that it is irreversible:"
                    f" {release[:7]} may not work with what it did"
                ),
                remedy="roll forward with a fix",
            )


def serving_since(records: Sequence[SyncRecord], release: str) -> float | None:
    """
    Since when *release* has been served without a failed sync, in seconds since the epoch.

    Args:
        records: Of one environment, newest first. What was ended early or failed by the machine's
            fault says nothing.
    """
    since = None
    for record in records:
        if record.outcome in {Outcome.ABORTED, Outcome.ERRORED, Outcome.SKIPPED}:
            continue
        if record.outcome is not Outcome.SUCCEEDED or record.release != release:
            break
        since = record.finished_at
    return since


def commit_message(proposal: Proposal, reason: str = "") -> str:
    """
    Say what was done and on what evidence; *reason* is why it was done in spite of objections.
    """
    lines = [_subject(proposal), "", *_body(proposal)]
    if reason:
        lines += ["", f"Forced: {' '.join(reason.split())}"]
        lines += [f"Overridden: {each.message}" for each in proposal.objections]
    return "\n".join(lines) + "\n"


def _subject(proposal: Proposal) -> str:
    name, release = proposal.target.name, proposal.release[:7]
    match proposal.move:
        case Move.PROMOTE:
            return f"Promote {release} to {name}"
        case Move.PIN:
            return f"Pin {release} on {name}"
        case Move.ROLLBACK:
            return f"Roll {name} back to {release}"
        case Move.UNPIN:
            return f"Unpin {name}"


def _body(proposal: Proposal) -> Iterator[str]:
    if proposal.move is Move.UNPIN:
        yield f"It follows {proposal.target.branch} again, instead of {proposal.previous}."
        return
    source = proposal.source
    yield f"Release{f' of {source.name}' if source else ''}: {proposal.release}"
    if proposal.subject:
        yield proposal.subject
    if proposal.previous:
        yield f"Before: {proposal.previous}"
    if source is not None:
        yield from _evidence(source, proposal.release)
    for each in proposal.staying:
        yield f"Stays applied: {each.path}"


def _evidence(source: SourceFacts, release: str) -> Iterator[str]:
    yield ""
    if source.serving_since is not None:
        yield f"Served by {source.name} since {_moment(source.serving_since)}."
    for each in source.gates:
        yield _gate_line(each)
    if not source.gates:
        yield f"No gate was run for {release[:7]}."


def _gate_line(result: GateResult) -> str:
    image = f", image {result.image_id}" if result.image_id else ""
    return f"Gate {result.gate}: {result.verdict} at {_moment(result.started_at)}{image}"


def _moment(at: float) -> str:
    """Write seconds since the epoch as ``2026-11-23 14:03:09 UTC``."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

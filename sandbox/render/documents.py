"""
Values as JSON documents of schema 1; what scripts rely on.

Keys are only ever added. Times are seconds since the epoch, absent values are ``null``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from sandbox.secrecy.vault import shown_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.errors import SandboxError
    from sandbox.model.event import Event
    from sandbox.model.gate import GateStatus
    from sandbox.model.pin import Pin
    from sandbox.model.plan import Change
    from sandbox.model.problem import Problem
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus, ServiceStatus, Suspension
    from sandbox.model.syncing import Syncing
    from sandbox.model.verdict import Figures, Verdict

Json: TypeAlias = "str | int | float | bool | Mapping[str, Json] | Sequence[Json] | None"

SCHEMA = 1


def document(fields: Mapping[str, Json]) -> str:
    """
    One document in one line, with ``"schema": 1`` first; no secret and no control character.
    """
    return document_as_is(shown_fields(fields))


def document_as_is(fields: Mapping[str, Json]) -> str:
    """
    One document of somebody else's own output, such as a line of a log.
    """
    return json.dumps({"schema": SCHEMA, **fields}, ensure_ascii=False)


def statuses(values: Sequence[EnvironmentStatus]) -> dict[str, Json]:
    """
    ``{"environments": [...]}``.
    """
    return {"environments": [status(value) for value in values]}


def status(value: EnvironmentStatus) -> dict[str, Json]:
    """
    One environment.
    """
    return {
        "name": value.name,
        "branch": value.branch or None,
        "revision": value.revision or None,
        "serving": value.serving or None,
        "subject": value.subject,
        "release": value.release or None,
        "pin": pin(value.pin) if value.pin else None,
        "running_releases": list(value.running_releases),
        "sync": value.sync.value,
        "health": value.health.value,
        "suspended": value.suspension is not None,
        "suspension": suspension(value.suspension) if value.suspension else None,
        "syncing": syncing(value.syncing) if value.syncing else None,
        "services": [service(each) for each in value.services],
        "gates": [gate(each) for each in value.gates],
        "urls": list(value.urls),
        "notes": list(value.notes),
        "warnings": list(value.warnings),
        "message": value.message,
        "next": value.next_step,
        "held": list(value.held),
        "differences": list(value.pending),
        "ignored_edits": list(value.ignored_edits),
        "reconciled": value.reconciled,
    }


def pin(value: Pin) -> dict[str, Json]:
    """
    The release that a commit fixes; ``newest`` and ``behind`` are ``null`` when nobody can tell.
    """
    return {
        "release": value.release,
        "subject": value.subject,
        "source": value.source,
        "newest": value.newest or None,
        "newest_subject": value.newest_subject,
        "behind": value.behind,
    }


def service(value: ServiceStatus) -> dict[str, Json]:
    """
    One service of an environment.
    """
    return {
        "name": value.name,
        "desired": value.desired,
        "ready": value.ready,
        "health": value.health.value,
        "message": value.message,
        "job": value.job,
        "image": value.image,
        "started_at": value.started_at or None,
        "since": value.since or None,
        "changes": value.changes,
        "releases": [
            {"release": each.release, "revision": each.revision, "weight": each.weight}
            for each in value.releases
        ],
    }


def gate(value: GateStatus) -> dict[str, Json]:
    """
    One gate of an environment; ``verdict`` is ``null`` when it has not run for what is committed.

    While it runs, ``verdict`` is of the time before.
    """
    return {
        "name": value.name,
        "phase": value.phase.value,
        "verdict": value.verdict.value if value.verdict else None,
        "ended_at": value.ended_at or None,
        "seconds": value.seconds if value.verdict else None,
        "message": value.message,
        "running": value.running,
        "began_at": value.began_at or None,
    }


def syncing(value: Syncing) -> dict[str, Json]:
    """
    The sync that runs now; ``revision`` is ``null`` when it takes down.
    """
    return {
        "revision": value.revision or None,
        "began_at": value.began_at,
        "steps": value.steps,
        "done": value.done,
        "running": [
            {
                "step": each.id,
                "service": each.service_name or None,
                "began_at": each.began_at,
                "output": each.output,
            }
            for each in value.running
        ],
    }


def suspension(value: Suspension) -> dict[str, Json]:
    """
    Why nothing is reconciled; ``until`` is ``null`` for until further notice.
    """
    return {
        "environment": value.environment,
        "reason": value.reason,
        "since": value.since,
        "until": value.until or None,
        "author": value.author,
    }


def event(value: Event) -> dict[str, Json]:
    """
    One thing that happened.
    """
    return {
        "at": value.at,
        "environment": value.environment,
        "kind": value.kind.value,
        "message": value.message,
        "revision": value.revision or None,
        "service": value.service_name or None,
        "step": value.step_id or None,
        "seconds": value.seconds,
    }


def record(value: SyncRecord) -> dict[str, Json]:
    """
    One sync; ``id`` is the number of its receipt.
    """
    return {
        "id": value.id or None,
        "environment": value.environment,
        "revision": value.revision or None,
        "release": value.release or None,
        "trigger": value.trigger.value,
        "started_at": value.started_at,
        "finished_at": value.finished_at,
        "seconds": round(value.finished_at - value.started_at, 3),
        "outcome": value.outcome.value,
        "message": value.message,
        "remedy": value.remedy,
        "steps": [
            {
                "id": step.step_id,
                "reason": step.reason,
                "outcome": step.outcome.value,
                "seconds": step.seconds,
                "message": step.message,
                "began_at": step.began_at or None,
                "changes": [change(each) for each in step.changes],
                "verdict": verdict(step.verdict) if step.verdict else None,
            }
            for step in value.steps
        ],
        "log": list(value.log),
        "warnings": list(value.warnings),
    }


def verdict(value: Verdict) -> dict[str, Json]:
    """
    What the requests of a while say of a new generation.
    """
    return {
        "decision": value.decision.value,
        "reasons": [
            {"ground": each.ground.value, "measured": each.measured, "limit": each.limit}
            for each in value.reasons
        ],
        "old": figures(value.old),
        "new": figures(value.new),
    }


def figures(value: Figures) -> dict[str, Json]:
    """
    Requests of some servers; percentiles are ``null`` when no response was timed.
    """
    return {
        "requests": value.requests,
        "failed": value.failed,
        "p50_ms": value.p50_ms,
        "p95_ms": value.p95_ms,
        "p99_ms": value.p99_ms,
    }


def outcomes(results: Mapping[str, SyncRecord | SandboxError]) -> list[Json]:
    """
    What came out for each environment: a record, or an error with the environment's name.
    """
    return [
        {"environment": name, **failure(result)}
        if isinstance(result, Exception)
        else record(result)
        for name, result in results.items()
    ]


def change(value: Change) -> dict[str, Json]:
    """
    One field that differs.
    """
    return {"field": value.field, "old": value.old, "new": value.new}


def failure(value: SandboxError) -> dict[str, Json]:
    """
    ``{"error": {...}}``: class, message, remedy, exit status; problems and log where it has them.
    """
    problems: Sequence[Problem] = getattr(value, "problems", ())
    log: Sequence[str] = getattr(value, "log", ())
    return {
        "error": {
            "kind": type(value).__name__,
            "message": value.message,
            "remedy": value.remedy,
            "exit_status": value.exit_status,
            "problems": [problem(each) for each in problems],
            "log": list(log),
        }
    }


def problem(value: Problem) -> dict[str, Json]:
    """
    One thing that is wrong in a committed file; line and column are ``null`` when unknown.
    """
    return {
        "file": value.file,
        "line": value.line or None,
        "column": value.column or None,
        "path": value.path,
        "message": value.message,
        "remedy": value.remedy,
    }

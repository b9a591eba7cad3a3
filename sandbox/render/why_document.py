"""
Why a service is as it is, as a document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render import documents
from sandbox.render.history import decision_json, deed_json

if TYPE_CHECKING:
    from sandbox.model.answer import ContainerFact, Introduction, SinceHealthy, StepFact, Why
    from sandbox.model.quarantine import Quarantine
    from sandbox.render.documents import Json


def why_json(found: Why) -> dict[str, Json]:
    """
    Everything that `why_text` shows and more; what there is not is ``null`` or empty.
    """
    result = found.gate_result
    return {
        "environment": found.environment,
        "service": found.service,
        "origin": found.origin.value,
        "declared_at": found.place or None,
        "derived_from": list(found.derived_from),
        "replicas": found.replicas,
        "job": found.job,
        "health": found.health.value,
        "message": found.message,
        "spec": found.spec_hash or None,
        "containers": [_container_json(each) for each in found.containers],
        "introduced": _introduction_json(found.introduced),
        "source": decision_json(found.source),
        "decisions": [_step_json(each) for each in found.steps],
        "restarts": found.restarts,
        "since_healthy": _since_json(found.since),
        "pending": list(found.pending),
        "quarantine": _quarantine_json(found.quarantine),
        "gate": {
            "phase": found.gate.phase.value,
            "verdict": result.verdict.value if result else None,
            "at": result.started_at if result else None,
            "seconds": result.seconds if result else None,
            "revision": result.revision if result else None,
            "message": result.message if result else "",
        }
        if found.gate
        else None,
        "log": list(result.log if result else found.log),
        "notes": list(found.notes),
    }


def _container_json(container: ContainerFact) -> dict[str, Json]:
    return {
        "name": container.name,
        "id": container.id,
        "image": container.image,
        "image_id": container.image_id,
        "spec": container.spec_hash or None,
        "current": container.current,
        "state": container.state.value,
        "stopped": container.words or None,
        "engine_health": container.health.value,
        "probed": container.probed,
        "proven": container.proven,
        "oom_killed": container.oom_killed,
        "revision": container.revision or None,
        "release": container.release or None,
        "created_at": container.created_at or None,
        "started_at": container.started_at or None,
    }


def _introduction_json(found: Introduction | None) -> Json:
    if found is None:
        return None
    return {
        "decision": decision_json(found.decision),
        "changes": [documents.change(each) for each in found.changes],
        "places": list(found.places),
        "first": found.first,
        "complete": found.complete,
    }


def _step_json(fact: StepFact) -> dict[str, Json]:
    return {
        "step": fact.step.step_id,
        "reason": fact.step.reason,
        "changes": [documents.change(each) for each in fact.step.changes],
        "sync": deed_json(fact.sync),
    }


def _since_json(since: SinceHealthy | None) -> Json:
    if since is None:
        return None
    return {
        "sync": deed_json(since.sync),
        "changes": [documents.change(each) for each in since.changes],
        "failures": [deed_json(each) for each in since.failures],
    }


def _quarantine_json(given_up: Quarantine | None) -> Json:
    if given_up is None:
        return None
    return {
        "revision": given_up.revision,
        "reason": given_up.reason,
        "since": given_up.since,
        "serving": given_up.serving,
        "log": list(given_up.log),
    }

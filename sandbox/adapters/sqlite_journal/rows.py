"""Records as the journal stores them: JSON, in which another version may know more or less."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.status import Suspension


def text_of(value: Event | Suspension | SyncRecord) -> str:
    """Write *value* as JSON."""
    return json.dumps(asdict(value), ensure_ascii=True, separators=(",", ":"))


def event_of(text: str) -> Event:
    """Read what `text_of` wrote."""
    stored = _known(Event, json.loads(text))
    stored["kind"] = EventKind(stored["kind"])
    return Event(**stored)


def suspension_of(text: str) -> Suspension:
    """Read what `text_of` wrote."""
    return Suspension(**_known(Suspension, json.loads(text)))


def sync_of(number: int, text: str) -> SyncRecord:
    """Read what `text_of` wrote; its id is its *number*."""
    stored = _known(SyncRecord, json.loads(text))
    stored["id"] = number
    stored["trigger"] = Trigger(stored["trigger"])
    stored["outcome"] = Outcome(stored["outcome"])
    stored["steps"] = tuple(_step(step) for step in stored.get("steps", ()))
    stored["log"] = tuple(stored.get("log", ()))
    return SyncRecord(**stored)


def _step(step: Mapping[str, Any]) -> StepRecord:
    stored = _known(StepRecord, step)
    stored["outcome"] = Outcome(stored["outcome"])
    return StepRecord(**stored)


def _known(
    kind: type[Event | StepRecord | Suspension | SyncRecord], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """What this version knows of what another one wrote."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}

"""A journal that is gone with its process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import RLock

from sandbox.model.event import Event
from sandbox.model.record import SyncRecord
from sandbox.model.status import Suspension


@dataclass(slots=True, kw_only=True)
class FakeStep:
    environment: str
    step_id: str
    began_at: float
    outcome: str = ""
    ended_at: float | None = None


@dataclass(slots=True)
class FakeJournal:
    """Implements `sandbox.ports.Journal`; a test may look into *steps*."""

    steps: list[FakeStep] = field(default_factory=list)
    _syncs: list[SyncRecord] = field(default_factory=list)
    _events: list[Event] = field(default_factory=list)
    _ready: dict[str, float] = field(default_factory=dict)
    _suspensions: dict[str, Suspension] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def record_sync(self, record: SyncRecord) -> int:
        with self._lock:
            self._syncs.append(replace(record, id=len(self._syncs) + 1))
            return len(self._syncs)

    def syncs(self, environment: str, *, limit: int = 20) -> tuple[SyncRecord, ...]:
        with self._lock:
            own = [one for one in reversed(self._syncs) if one.environment == environment]
        return tuple(own[:limit])

    def record_event(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)

    def events(self, *, after: int = 0, limit: int = 200) -> tuple[tuple[int, Event], ...]:
        with self._lock:
            numbered = list(enumerate(self._events, start=1))
        return tuple(numbered[after:][:limit] if after else numbered[-limit:])

    def begin_step(self, environment: str, step_id: str, at: float) -> int:
        with self._lock:
            self.steps.append(FakeStep(environment=environment, step_id=step_id, began_at=at))
            return len(self.steps)

    def end_step(self, number: int, outcome: str, at: float) -> None:
        with self._lock:
            step = self.steps[number - 1]
            step.outcome, step.ended_at = outcome, at

    def mark_ready(self, container_id: str, started_at: float) -> None:
        with self._lock:
            self._ready[container_id] = started_at

    def ready(self) -> Mapping[str, float]:
        with self._lock:
            return dict(self._ready)

    def suspend(self, suspension: Suspension) -> None:
        with self._lock:
            self._suspensions[suspension.environment] = suspension

    def resume(self, environment: str) -> bool:
        with self._lock:
            return self._suspensions.pop(environment, None) is not None

    def suspensions(self) -> tuple[Suspension, ...]:
        with self._lock:
            return tuple(self._suspensions[name] for name in sorted(self._suspensions))

    def close(self) -> None:
        pass

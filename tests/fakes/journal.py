"""A journal that is gone with its process."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from threading import RLock

from sandbox.model.event import OF_HEALTH, Event
from sandbox.model.gate import GateResult
from sandbox.model.observed import Creation
from sandbox.model.ownership import Made, Present
from sandbox.model.quarantine import Quarantine
from sandbox.model.receipt import Traffic
from sandbox.model.record import SyncRecord
from sandbox.model.status import Suspension
from sandbox.model.steadiness import HealthRecord
from sandbox.model.syncing import Syncing


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
    _made: dict[str, Made] = field(default_factory=dict)
    _present: dict[str, Present] = field(default_factory=dict)
    _ready: dict[str, float] = field(default_factory=dict)
    _creations: dict[str, Creation] = field(default_factory=dict)
    _routed: dict[str, tuple[float, str]] = field(default_factory=dict)
    _jobs: set[tuple[str, str]] = field(default_factory=set)
    _quarantines: dict[str, Quarantine] = field(default_factory=dict)
    _gates: list[GateResult] = field(default_factory=list)
    _suspensions: dict[str, Suspension] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)
    _health: dict[tuple[str, str], HealthRecord] = field(default_factory=dict)
    _syncing: dict[str, Syncing] = field(default_factory=dict)
    troubled: str = ""
    noticed: list[str] = field(default_factory=list)

    def record_health(self, record: HealthRecord) -> None:
        self._health[record.environment, record.service_name] = record

    def health_records(self, environment: str) -> tuple[HealthRecord, ...]:
        found = sorted(self._health.items())
        return tuple(record for (name, _), record in found if name == environment)

    def forget_health(self, environment: str, service_name: str = "") -> None:
        for key in [*self._health]:
            if key[0] == environment and service_name in {"", key[1]}:
                del self._health[key]

    def health_events(self, environment: str, *, limit: int) -> tuple[Event, ...]:
        found = [
            each
            for each in reversed(self._events)
            if each.environment == environment and each.kind in OF_HEALTH
        ]
        return tuple(found[:limit])

    def trouble(self) -> str:
        return self.troubled

    def notices(self) -> tuple[str, ...]:
        taken, self.noticed = tuple(self.noticed), []
        return taken

    def record_sync(self, record: SyncRecord) -> int:
        with self._lock:
            self._syncs.append(replace(record, id=len(self._syncs) + 1))
            return len(self._syncs)

    def syncs(self, environment: str = "", *, limit: int = 20) -> tuple[SyncRecord, ...]:
        with self._lock:
            newest_first = self._syncs[::-1]
        own = [one for one in newest_first if environment in {"", one.environment}]
        return tuple(own[:limit])

    def sync(self, number: int) -> SyncRecord | None:
        with self._lock:
            return next((one for one in self._syncs if one.id == number), None)

    def complete_receipt(self, number: int, after: Traffic) -> None:
        with self._lock:
            record = self.sync(number)
            if record is not None and record.receipt is not None:
                receipt = replace(record.receipt, after=after)
                self._syncs[number - 1] = replace(record, receipt=receipt)

    def record_event(self, event: Event) -> None:
        with self._lock:
            self._events.append(event)

    def events(self, *, after: int = 0, limit: int = 200) -> tuple[tuple[int, Event], ...]:
        with self._lock:
            first = after or max(0, len(self._events) - limit)
            found = self._events[first : first + limit]
        return tuple(enumerate(found, start=first + 1))

    def begin_step(self, environment: str, step_id: str, at: float) -> int:
        with self._lock:
            self.steps.append(FakeStep(environment=environment, step_id=step_id, began_at=at))
            return len(self.steps)

    def end_step(self, number: int, outcome: str, at: float) -> None:
        with self._lock:
            step = self.steps[number - 1]
            step.outcome, step.ended_at = outcome, at

    def steps_since(self, environment: str, at: float) -> tuple[tuple[str, float], ...]:
        with self._lock:
            return tuple(
                (one.step_id, one.began_at)
                for one in self.steps
                if one.environment == environment and one.began_at >= at
            )

    def record_syncing(self, syncing: Syncing) -> None:
        with self._lock:
            self._syncing[syncing.environment] = syncing

    def syncing(self, environment: str) -> Syncing | None:
        with self._lock:
            return self._syncing.get(environment)

    def end_syncing(self, environment: str) -> None:
        with self._lock:
            self._syncing.pop(environment, None)

    def record_made(self, made: Made) -> None:
        with self._lock:
            self._made.pop(made.tag, None)
            self._made[made.tag] = made

    def made(self) -> tuple[Made, ...]:
        with self._lock:
            return tuple(self._made.values())

    def record_present(self, environment: str, present: Present) -> None:
        with self._lock:
            self._present[environment] = present

    def present(self, environment: str) -> Present:
        with self._lock:
            return self._present.get(environment, Present())

    def record_creation(self, container_id: str, creation: Creation) -> None:
        with self._lock:
            self._creations[container_id] = creation

    def creations(self, container_ids: Collection[str]) -> Mapping[str, Creation]:
        with self._lock:
            return {
                each: self._creations[each] for each in self._creations.keys() & set(container_ids)
            }

    def mark_ready(self, container_id: str, started_at: float) -> None:
        with self._lock:
            self._ready[container_id] = started_at

    def ready(self) -> Mapping[str, float]:
        with self._lock:
            return dict(self._ready)

    def mark_routed(self, container_id: str, started_at: float, config_hash: str) -> None:
        with self._lock:
            self._routed[container_id] = (started_at, config_hash)

    def routed(self) -> Mapping[str, tuple[float, str]]:
        with self._lock:
            return dict(self._routed)

    def mark_job_done(self, environment: str, spec_hash: str) -> None:
        with self._lock:
            self._jobs.add((environment, spec_hash))

    def jobs_done(self, environment: str) -> frozenset[str]:
        with self._lock:
            return frozenset(spec_hash for name, spec_hash in self._jobs if name == environment)

    def forget_jobs(self, environment: str) -> None:
        with self._lock:
            self._jobs = {each for each in self._jobs if each[0] != environment}

    def quarantine(self, quarantine: Quarantine) -> None:
        with self._lock:
            self._quarantines[quarantine.environment] = quarantine

    def quarantined(self, environment: str) -> Quarantine | None:
        with self._lock:
            return self._quarantines.get(environment)

    def release_quarantine(self, environment: str) -> bool:
        with self._lock:
            return self._quarantines.pop(environment, None) is not None

    def record_gate(self, result: GateResult) -> None:
        with self._lock:
            self._gates.append(result)

    def gate_results(self, environment: str = "", *, limit: int = 200) -> tuple[GateResult, ...]:
        with self._lock:
            newest_first = self._gates[::-1]
        own = [one for one in newest_first if environment in {"", one.environment}]
        return tuple(own[:limit])

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

"""Watch the health of what runs between syncs; tell of it, and say when to do something."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.action import StartContainer
from sandbox.model.event import Event
from sandbox.model.settings import EnvironmentSettings
from sandbox.planning.health import service_statuses
from sandbox.planning.steadiness import ailing, beyond_cure, follow_health

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.model.plan import Plan, SyncPolicy
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import ServiceStatus
    from sandbox.model.steadiness import HealthRecord
    from sandbox.runtime.sync import Look
    from sandbox.runtime.workspace import Workspace


class HealthWatch:
    """One environment's services, as remembered in the journal."""

    def __init__(self, workspace: Workspace, environment: str) -> None:
        self._workspace = workspace
        self._environment = environment
        # Measured by a clock that nobody sets, beginning with what the wall clock says now.
        self._began = workspace.clock.now() - workspace.clock.monotonic()
        self._settings = EnvironmentSettings()
        self._starts: dict[str, tuple[float, float]] = {}
        self._records = {
            record.service_name: record for record in workspace.journal.health_records(environment)
        }

    def look(self, seen: Look) -> Iterator[Event]:
        """Take in what was *seen*; give what there is to tell. Who is being mended says nothing."""
        self._settings = seen.desired.settings
        mended = {step.service_name for step in seen.plan.steps}
        mended |= {hold.service_name for hold in seen.plan.holds}
        now = self._now()
        for status in self._statuses(seen):
            if status.name in mended or status.job or self._is_starting(status):
                continue
            before = self._records.get(status.name)
            after, told = follow_health(before, self._environment, status, now)
            if after is not None and after != before:
                self._keep(after)
            if told is not None:
                kind, message = told
                yield Event(
                    at=self._workspace.clock.now(),
                    environment=self._environment,
                    kind=kind,
                    message=message,
                    revision=seen.desired.revision,
                    service_name=status.name,
                )

    def policy(self, base: SyncPolicy) -> SyncPolicy:
        """Complete *base* with what is to be restarted."""
        if not self._settings.sync.self_heal:
            return base
        return replace(
            base, ailing=ailing(self._records.values(), self._settings.health, self._now())
        )

    def beyond_cure(self) -> str:
        """Say why the revision is to be given up; empty when it is not."""
        return beyond_cure(self._records.values(), self._settings.health, self._now())

    def learn(self, plan: Plan, record: SyncRecord) -> None:
        """Remember what *plan* restarted for being unhealthy."""
        ended = {step.step_id for step in record.steps}
        started = {
            step.service_name
            for step in plan.steps
            if isinstance(step.action, StartContainer) and step.id in ended
        }
        for name in started:
            known = self._records.get(name)
            if known is not None and not known.healthy:
                changed = replace(known, restarts=known.restarts + 1, restarted_at=self._now())
                self._keep(changed)

    def forget(self, names: Iterable[str]) -> None:
        """Begin anew with these: a commit changes them."""
        for name in names:
            if self._records.pop(name, None) is not None:
                self._workspace.journal.forget_health(self._environment, name)

    def _keep(self, record: HealthRecord) -> None:
        self._records[record.service_name] = record
        self._workspace.journal.record_health(record)

    def _statuses(self, seen: Look) -> tuple[ServiceStatus, ...]:
        return service_statuses(
            seen.desired, seen.observed, seen.plan.holds, now=self._workspace.clock.now()
        )

    def _is_starting(self, status: ServiceStatus) -> bool:
        """Slow is not unhealthy: until its deadline nothing is said of what has just started."""
        started_at, began = self._starts.get(status.name, (0.0, 0.0))
        if started_at != status.started_at:
            # How long it ran before it was seen is of a clock that may be set.
            began = self._now() - max(0.0, self._workspace.clock.now() - status.started_at)
            self._starts[status.name] = (status.started_at, began)
        late = self._now() - began >= self._settings.rollout.deadline_s
        return not late and status.ready < status.desired

    def _now(self) -> float:
        return self._began + self._workspace.clock.monotonic()

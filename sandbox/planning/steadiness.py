"""
Follow the health of what runs: what to tell of it, damped, and when to do something about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.event import EventKind
from sandbox.model.status import Health, ServiceStatus
from sandbox.model.steadiness import HealthRecord
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.settings import HealthSettings

WINDOW_S: Final = 1800.0
"""A change that is older counts no more."""
FLAPPING_CHANGES: Final = 5
"""So many changes within the window are flapping, which is told as one thing."""
CALM_S: Final = 600.0
"""Flapping ends when nothing changed for so long."""
REMIND_S: Final = 1800.0
"""While it flaps that is told again so often."""
CHANGES_MAX: Final = 500
RESTARTS_FORGOTTEN_S: Final = 3600.0
LONGEST_RESTART_S: Final = 3600.0
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600

Told = tuple[EventKind, str]
"""What to tell: the kind of event, and a line."""


def follow_health(
    record: HealthRecord | None, environment: str, status: ServiceStatus, now: float
) -> tuple[HealthRecord | None, Told | None]:
    """
    Take one look at a service into account.

    Args:
        record: Of the looks before; ``None`` at the first.
        environment: Whose service it is.
        status: As seen now. What is neither healthy nor degraded says nothing.
        now: Seconds since the epoch.

    Returns:
        What to remember, and what to tell now.
    """
    if status.health not in {Health.HEALTHY, Health.DEGRADED}:
        return record, None
    healthy = status.health is Health.HEALTHY
    if record is None:
        begun = HealthRecord(
            environment=environment, service_name=status.name, healthy=healthy, since=now
        )
        return (begun, None) if healthy else _told(begun, EventKind.UNHEALTHY, _why(status), now)
    record = _at(record, now)
    if record.healthy is not healthy:
        return _changed(record, status, now)
    if record.flapping and now - record.changes[-1] >= CALM_S:
        return _calmed(record, now)
    if record.flapping and now - record.told_at >= REMIND_S:
        return _told(record, EventKind.FLAPPING, _line(record, now), now)
    return record, None


def _at(record: HealthRecord, now: float) -> HealthRecord:
    """Forget what is long past; what seems to come is of a clock that was set back: it was now."""
    kept = tuple(
        min(each, now) for each in record.changes if record.flapping or now - each <= WINDOW_S
    )
    return replace(
        record,
        since=min(record.since, now),
        changes=kept,
        told_at=min(record.told_at, now),
        restarted_at=min(record.restarted_at, now),
    )


def _changed(
    record: HealthRecord, status: ServiceStatus, now: float
) -> tuple[HealthRecord, Told | None]:
    after = replace(
        record,
        healthy=not record.healthy,
        since=now,
        changes=(*record.changes, now)[-CHANGES_MAX:],
    )
    if record.healthy and now - record.restarted_at > RESTARTS_FORGOTTEN_S:
        after = replace(after, restarts=0)
    if record.flapping:
        if now - record.told_at < REMIND_S:
            return after, None
        return _told(after, EventKind.FLAPPING, _line(after, now), now)
    if len(after.changes) >= FLAPPING_CHANGES:
        after = replace(after, flapping=True)
        why = "" if after.healthy else f"; {status.message}"
        return _told(after, EventKind.FLAPPING, f"{_line(after, now)}{why}", now)
    if after.healthy:
        line = f"{record.service_name}: healthy again after {span_text(now - record.since)}"
        return _told(after, EventKind.HEALTHY, line, now)
    return _told(after, EventKind.UNHEALTHY, _why(status), now)


def _calmed(record: HealthRecord, now: float) -> tuple[HealthRecord, Told]:
    kind = EventKind.HEALTHY if record.healthy else EventKind.UNHEALTHY
    line = (
        f"{record.service_name}: {kind.value} for {span_text(now - record.since)},"
        f" after {count(len(record.changes), 'change')} in {_changing_text(record)}"
    )
    calm = replace(record, flapping=False, changes=())
    return _told(calm, kind, line, now)


def _told(
    record: HealthRecord, kind: EventKind, line: str, now: float
) -> tuple[HealthRecord, Told]:
    return replace(record, told_at=now), (kind, line)


def _why(status: ServiceStatus) -> str:
    return f"{status.name}: {status.message or 'unhealthy'}"


def _line(record: HealthRecord, now: float) -> str:
    return f"{record.service_name}: {flapping_text(record, now)}"


def flapping_text(record: HealthRecord, now: float) -> str:
    """
    Say how often it changed, and what it is now: ``flapping: 9 changes in 22 min, now healthy``.
    """
    state = "healthy" if record.healthy else "unhealthy"
    span = span_text(max(now - record.changes[0], 0.0)) if record.changes else "0 s"
    return f"flapping: {count(len(record.changes), 'change')} in {span}, now {state}"


def _changing_text(record: HealthRecord) -> str:
    return span_text(record.changes[-1] - record.changes[0])


def span_text(seconds: float) -> str:
    """
    A span of time for people: ``42 s``, ``12 min``, ``3.5 h``.
    """
    if seconds < 2 * _MINUTE_S:
        return f"{max(seconds, 0.0):.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.1f} h"


def ailing(records: Iterable[HealthRecord], settings: HealthSettings, now: float) -> dict[str, str]:
    """
    Say why to restart each service that is unhealthy; empty for one whose time has not come.

    The first restart follows after ``restart_after``; each further one after twice as long as the
    one before, an hour at most.
    """
    found: dict[str, str] = {}
    for record in records:
        if record.healthy:
            continue
        wait_s = settings.restart_after_s * 2 ** min(record.restarts, 20)
        waits_since = max(record.since, record.restarted_at)
        due = settings.restart_after_s > 0 and now - waits_since >= min(
            wait_s, max(LONGEST_RESTART_S, settings.restart_after_s)
        )
        unhealthy = f"unhealthy for {span_text(now - record.since)}"
        found[record.service_name] = unhealthy if due else ""
    return found


def beyond_cure(records: Iterable[HealthRecord], settings: HealthSettings, now: float) -> str:
    """
    Say which service is unhealthy for so long that its revision is given up; empty when none is.
    """
    for record in sorted(records, key=lambda each: each.service_name):
        for_s = now - record.since
        if not record.healthy and 0 < settings.rollback_after_s <= for_s:
            return f"{record.service_name} is unhealthy for {span_text(for_s)}"
    return ""


def with_steadiness(
    statuses: Sequence[ServiceStatus], records: Iterable[HealthRecord], now: float
) -> tuple[ServiceStatus, ...]:
    """
    Add to *statuses* since when each is so and how often that changed; what flaps is degraded.
    """
    known = {record.service_name: _at(record, now) for record in records}
    return tuple(
        _with_record(status, known[status.name], now) if status.name in known else status
        for status in statuses
    )


def _with_record(status: ServiceStatus, record: HealthRecord, now: float) -> ServiceStatus:
    if status.health not in {Health.HEALTHY, Health.DEGRADED}:
        return status
    flaps = record.flapping and now - record.changes[-1] < CALM_S
    if flaps:
        return replace(
            status,
            health=Health.DEGRADED,
            message=flapping_text(record, now),
            since=record.changes[0],
            changes=len(record.changes),
        )
    if record.healthy is not (status.health is Health.HEALTHY):
        return status  # it changed just now, and was not looked at since
    message = status.message
    if message and not record.healthy:
        message = f"{message}, for {span_text(now - record.since)}"
    return replace(status, message=message, since=record.since, changes=len(record.changes))

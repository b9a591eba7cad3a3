"""What becomes unhealthy after its sync is told, shown, restarted and, where asked for, undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.model.event import OF_HEALTH, EventKind
from sandbox.model.observed import EngineHealth
from sandbox.model.past import Deed
from sandbox.model.record import Outcome
from sandbox.model.status import Health
from sandbox.runtime.history import past_deeds
from sandbox.runtime.why import why
from sandbox.runtime.worker import Worker
from tests.fakes.engine_objects import Behaviour
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground

PROBED = f"{{image: {BASE_IMAGE}, healthcheck: {{test: [CMD, x]}}}}"
OTHER = f"{{image: {BASE_IMAGE}, command: [more]}}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


def set_health(ground: QuickGround, health: EngineHealth, service: str = "db") -> None:
    for container in ground.engine.containers.values():
        if container.labels["dev.sandbox.service"] == service:
            container.health = health


def pass_time(ground: QuickGround, worker: Worker, seconds: float, every: float = 30.0) -> None:
    """Let the worker look as often as it does by itself."""
    for _ in range(int(seconds / every)):
        ground.clock.advance(every)
        ground.engine.now = ground.clock.now()
        worker._cycle()


def started(ground: QuickGround, settings: str = "{}") -> Worker:
    ground.commit(f"{{db: {PROBED}, other: {OTHER}}}", settings)
    worker = ground.worker()
    ground.engine.now = ground.clock.now()
    worker._cycle()
    assert ground.status().health is Health.HEALTHY
    pass_time(ground, worker, 300)
    ground.told.clear()
    return worker


def told(ground: QuickGround) -> list[tuple[EventKind, str]]:
    return [(each.kind, each.message) for each in ground.told if each.kind in OF_HEALTH]


def test_what_becomes_unhealthy_is_told_recorded_and_shown(ground: QuickGround) -> None:
    worker = started(ground)
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 240)

    assert told(ground) == [
        (EventKind.UNHEALTHY, "db: db-1 runs, but its healthcheck fails"),
    ]
    (db, _) = (each for each in ground.status().services if each.name in {"db", "other"})
    assert db.health is Health.DEGRADED
    assert db.message == "db-1 runs, but its healthcheck fails, for 4 min"
    for event in ground.told:
        ground.workspace.journal.record_event(event)  # the controller does
    newest = past_deeds(ground.workspace, "staging", limit=5)[0]
    assert (newest.deed, newest.who, newest.verdict) == (Deed.HEALTH, "db", "unhealthy")

    set_health(ground, EngineHealth.HEALTHY)
    pass_time(ground, worker, 30)
    assert told(ground)[1:] == [(EventKind.HEALTHY, "db: healthy again after 4 min")]


def test_what_flaps_is_degraded_for_status_and_why(ground: QuickGround) -> None:
    worker = started(ground)
    for number in range(9):
        set_health(ground, (EngineHealth.UNHEALTHY, EngineHealth.HEALTHY)[number % 2])
        pass_time(ground, worker, 120, every=60.0)
    set_health(ground, EngineHealth.HEALTHY)
    pass_time(ground, worker, 60)

    assert [kind for kind, _ in told(ground)].count(EventKind.FLAPPING) == 1
    assert len(told(ground)) == 5
    said = "flapping: 10 changes in 18 min, now healthy"
    (db,) = (each for each in ground.status().services if each.name == "db")
    assert (db.health, db.message) == (Health.DEGRADED, said)
    found = why(ground.workspace, "staging", "db")
    assert (found.health, found.message) == (Health.DEGRADED, said)


def test_a_new_controller_remembers_what_was_told(ground: QuickGround) -> None:
    worker = started(ground)
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 60)
    ground.told.clear()

    again = ground.worker()
    ground.clock.advance(1.0)
    again._attempted = worker._attempted
    pass_time(ground, again, 60)

    assert told(ground) == []


def db_starts(ground: QuickGround) -> float:
    (db,) = (
        each
        for each in ground.engine.containers.values()
        if each.labels["dev.sandbox.service"] == "db"
    )
    return db.started_at


def test_what_stays_unhealthy_is_restarted_after_its_time(ground: QuickGround) -> None:
    worker = started(ground, "{health: {restart_after: 4m}}")
    before = db_starts(ground)
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 240)
    assert db_starts(ground) == before
    pass_time(ground, worker, 60)

    assert db_starts(ground) > before
    drift = [each.message for each in ground.told if each.kind is EventKind.DRIFT]
    assert drift == ["db-1: unhealthy for 4 min"]
    (record, *_) = ground.workspace.journal.syncs("staging")
    assert record.outcome is Outcome.SUCCEEDED
    pass_time(ground, worker, 60)
    assert told(ground)[-1][0] is EventKind.HEALTHY


@pytest.mark.slow
def test_an_outage_of_hours_takes_few_restarts_and_no_quarantine(ground: QuickGround) -> None:
    worker = started(ground, "{rollout: {deadline: 1s}}")
    ground.commit(f"{{db: {PROBED}, other: {OTHER}, third: {OTHER}}}", "{rollout: {deadline: 1s}}")
    pass_time(ground, worker, 60)
    ground.told.clear()
    (db,) = (
        each
        for each in ground.engine.containers.values()
        if each.labels["dev.sandbox.service"] == "db"
    )
    db.behaviour = Behaviour(healthy=False)
    set_health(ground, EngineHealth.UNHEALTHY)
    seen = {db_starts(ground)}
    for _ in range(240):
        pass_time(ground, worker, 60)
        seen.add(db_starts(ground))

    assert 3 <= len(seen) - 1 <= 10, "restarts in four hours"
    assert ground.workspace.journal.quarantined("staging") is None
    assert EventKind.QUARANTINED not in {each.kind for each in ground.told}


@pytest.mark.parametrize(
    "settings", ["{health: {restart_after: 0s}}", "{sync: {self_heal: false}}"]
)
def test_nothing_is_restarted_where_the_file_says_so(settings: str, ground: QuickGround) -> None:
    worker = started(ground, settings)
    before = db_starts(ground)
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 3600)

    assert db_starts(ground) == before
    assert [kind for kind, _ in told(ground)] == [EventKind.UNHEALTHY]


def test_a_revision_goes_back_after_its_time_where_the_file_says_so(ground: QuickGround) -> None:
    settings = "{health: {restart_after: 0s, rollback_after: 10m}}"
    worker = started(ground, settings)
    ground.commit(f"{{db: {PROBED}, other: {OTHER}, third: {OTHER}}}", settings)
    pass_time(ground, worker, 60)
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 600)
    assert ground.workspace.journal.quarantined("staging") is None
    pass_time(ground, worker, 60)

    quarantine = ground.workspace.journal.quarantined("staging")
    assert quarantine is not None
    assert quarantine.reason == "db is unhealthy for 10 min"
    pass_time(ground, worker, 30)
    assert "third" not in ground.names()


def test_what_is_slow_to_start_is_not_called_unhealthy(ground: QuickGround) -> None:
    worker = started(ground, "{rollout: {deadline: 10m}}")
    set_health(ground, EngineHealth.UNHEALTHY)
    pass_time(ground, worker, 60)
    assert told(ground) == [], "its deadline is not over"
    pass_time(ground, worker, 300)
    assert [kind for kind, _ in told(ground)] == [EventKind.UNHEALTHY]

"""Health changes are told damped, and something is done about what stays unhealthy."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.event import EventKind
from sandbox.model.settings import HealthSettings
from sandbox.model.status import Health, ServiceStatus
from sandbox.model.steadiness import HealthRecord
from sandbox.planning.steadiness import (
    CALM_S,
    FLAPPING_CHANGES,
    REMIND_S,
    ailing,
    beyond_cure,
    follow_health,
    span_text,
    with_steadiness,
)

NOW = 1_800_000_000.0


def a_status(*, healthy: bool = True, health: Health | None = None) -> ServiceStatus:
    health = health or (Health.HEALTHY if healthy else Health.DEGRADED)
    message = "" if healthy else "web-1 runs, but its healthcheck fails"
    return ServiceStatus(name="web", desired=1, ready=int(healthy), health=health, message=message)


class Life:
    """A service that is looked at again and again, and what was told of it."""

    def __init__(self) -> None:
        self.now = NOW
        self.record: HealthRecord | None = None
        self.told: list[tuple[EventKind, str]] = []

    def look(self, *, healthy: bool, after_s: float = 30.0) -> None:
        self.now += after_s
        status = a_status(healthy=healthy)
        self.record, told = follow_health(self.record, "staging", status, self.now)
        self.told += [told] if told else []

    def kinds(self) -> list[EventKind]:
        return [kind for kind, _ in self.told]


def test_what_becomes_unhealthy_is_told_once_and_once_that_it_is_over() -> None:
    life = Life()
    for healthy in (True, True, False, False, False, True, True):
        life.look(healthy=healthy)

    assert life.told == [
        (EventKind.UNHEALTHY, "web: web-1 runs, but its healthcheck fails"),
        (EventKind.HEALTHY, "web: healthy again after 90 s"),
    ]


def test_what_is_unhealthy_when_it_is_first_looked_at_is_told() -> None:
    life = Life()
    life.look(healthy=False)
    assert life.kinds() == [EventKind.UNHEALTHY]


@pytest.mark.parametrize("health", [Health.PROGRESSING, Health.UNKNOWN, Health.MISSING])
def test_what_is_not_known_changes_nothing(health: Health) -> None:
    life = Life()
    life.look(healthy=False)
    record, told = follow_health(life.record, "staging", a_status(health=health), life.now + 5)
    assert (record, told) == (life.record, None)


def test_flapping_for_an_hour_is_few_messages_and_says_how_often() -> None:
    life = Life()
    for number in range(121):
        life.look(healthy=number % 2 == 0)

    assert life.kinds()[: FLAPPING_CHANGES - 1] == [
        EventKind.UNHEALTHY,
        EventKind.HEALTHY,
        EventKind.UNHEALTHY,
        EventKind.HEALTHY,
    ]
    assert life.kinds()[FLAPPING_CHANGES - 1 :] == [EventKind.FLAPPING] * 2
    assert life.told[-1][1] == "web: flapping: 65 changes in 32 min, now unhealthy"

    (status,) = with_steadiness([a_status()], [life.record] if life.record else [], life.now)
    assert status.health is Health.DEGRADED, "one good look does not make it healthy"
    assert status.message == "flapping: 120 changes in 60 min, now healthy"
    assert (status.changes, status.since) == (120, NOW + 60)


def test_flapping_ends_with_calm_and_begins_anew() -> None:
    life = Life()
    for number in range(20):
        life.look(healthy=number % 2 == 0)
    before = len(life.told)
    for _ in range(40):
        life.look(healthy=True)

    assert len(life.told) == before + 1
    assert life.told[-1] == (
        EventKind.HEALTHY,
        "web: healthy for 10 min, after 20 changes in 10 min",
    )
    (status,) = with_steadiness([a_status()], [life.record] if life.record else [], life.now)
    assert status.health is Health.HEALTHY


LOOKS = st.lists(
    st.tuples(st.booleans(), st.floats(min_value=0.2, max_value=900.0)), min_size=1, max_size=120
)


@given(looks=LOOKS)
def test_messages_are_few_and_the_last_one_is_true(looks: list[tuple[bool, float]]) -> None:
    life, told_at = Life(), list[float]()
    for healthy, after_s in looks:
        before = len(life.told)
        life.look(healthy=healthy, after_s=after_s)
        assert len(life.told) - before <= 1
        told_at += [life.now] * (len(life.told) - before)
    for began in told_at:
        within = [at for at in told_at if 0 <= at - began <= CALM_S / 2]
        assert len(within) <= FLAPPING_CHANGES + 2, "at most so many within five minutes"
    # Whatever went before: who waits long enough is told how it is.
    for _ in range(5):
        life.look(healthy=looks[-1][0], after_s=REMIND_S)
    if life.told:
        expected = EventKind.HEALTHY if looks[-1][0] else EventKind.UNHEALTHY
        assert life.told[-1][0] is expected
    else:
        assert all(healthy for healthy, _ in looks)


@given(looks=LOOKS, jumps=st.dictionaries(st.integers(0, 119), st.sampled_from([-3600.0, 3600.0])))
def test_a_clock_that_is_set_breaks_no_record(
    looks: list[tuple[bool, float]], jumps: dict[int, float]
) -> None:
    life = Life()
    for number, (healthy, after_s) in enumerate(looks):
        life.look(healthy=healthy, after_s=after_s + jumps.get(number, 0.0))
        record = life.record
        assert record is not None
        assert record.healthy is healthy
        assert all(at <= life.now for at in (*record.changes, record.since, record.told_at))
        assert list(record.changes) == sorted(record.changes)


def ill(since: float = NOW, **fields: object) -> HealthRecord:
    record = HealthRecord(environment="staging", service_name="web", healthy=False, since=since)
    return dataclasses.replace(record, **fields)  # type: ignore[arg-type] # of a test's own fields


def test_a_restart_comes_after_its_time_and_each_further_one_later() -> None:
    settings = HealthSettings(restart_after_s=300.0)
    assert ailing([ill()], settings, NOW + 299) == {"web": ""}
    assert ailing([ill()], settings, NOW + 300) == {"web": "unhealthy for 5 min"}
    again = ill(restarts=1, restarted_at=NOW + 300)
    assert ailing([again], settings, NOW + 899) == {"web": ""}
    assert ailing([again], settings, NOW + 900) == {"web": "unhealthy for 15 min"}
    often = ill(restarts=90, restarted_at=NOW)
    assert ailing([often], settings, NOW + 3599) == {"web": ""}
    assert ailing([often], settings, NOW + 3600)["web"]


def test_nothing_is_restarted_where_the_file_says_never_or_it_is_healthy() -> None:
    assert ailing([ill()], HealthSettings(restart_after_s=0.0), NOW + 1e6) == {"web": ""}
    assert ailing([ill(healthy=True)], HealthSettings(), NOW + 1e6) == {}


def test_a_revision_is_given_up_only_where_the_file_says_so() -> None:
    assert beyond_cure([ill()], HealthSettings(), NOW + 1e6) == ""
    settings = HealthSettings(rollback_after_s=900.0)
    assert beyond_cure([ill()], settings, NOW + 899) == ""
    assert beyond_cure([ill()], settings, NOW + 900) == "web is unhealthy for 15 min"
    assert beyond_cure([ill(healthy=True)], settings, NOW + 900) == ""


def test_a_status_says_since_when_and_how_often() -> None:
    record = ill(changes=(NOW - 60, NOW - 30, NOW))
    (status,) = with_steadiness([a_status(healthy=False)], [record], NOW + 420)
    assert status.message == "web-1 runs, but its healthcheck fails, for 7 min"
    assert (status.since, status.changes) == (NOW, 3)
    (other,) = with_steadiness([a_status(healthy=False)], [], NOW + 420)
    assert other == a_status(healthy=False)


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0 s"), (42, "42 s"), (720, "12 min"), (12_600, "3.5 h")]
)
def test_spans_read_as_people_say_them(seconds: float, text: str) -> None:
    assert span_text(seconds) == text

"""
What is said on the control socket is understood as it was meant.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.adapters import wire
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.status import EnvironmentStatus, Health, ServiceStatus, Suspension, SyncStatus

# Control characters are taken out: tests/secrecy.
TEXT = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
EVENTS = st.builds(
    Event,
    at=SECONDS,
    environment=TEXT,
    kind=st.sampled_from(EventKind),
    message=TEXT,
    seconds=st.none() | SECONDS,
    steps=st.integers(),
)
RECORDS = st.builds(
    SyncRecord,
    environment=TEXT,
    revision=TEXT,
    trigger=st.sampled_from(Trigger),
    started_at=SECONDS,
    finished_at=SECONDS,
    outcome=st.sampled_from(Outcome),
    steps=st.lists(
        st.builds(
            StepRecord, step_id=TEXT, reason=TEXT, outcome=st.sampled_from(Outcome), seconds=SECONDS
        ),
        max_size=2,
    ).map(tuple),
    log=st.lists(TEXT, max_size=2).map(tuple),
)
STATUSES = st.builds(
    EnvironmentStatus,
    name=TEXT,
    sync=st.sampled_from(SyncStatus),
    health=st.sampled_from(Health),
    suspension=st.none()
    | st.builds(Suspension, environment=TEXT, reason=TEXT, since=SECONDS, until=SECONDS),
    services=st.lists(
        st.builds(
            ServiceStatus,
            name=TEXT,
            desired=st.integers(),
            ready=st.integers(),
            health=st.sampled_from(Health),
            job=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    urls=st.lists(TEXT, max_size=2).map(tuple),
    reconciled=st.booleans(),
)


@given(EVENTS | RECORDS | STATUSES)
def test_every_value_comes_back_as_it_was(value: Event | SyncRecord | EnvironmentStatus) -> None:
    line = wire.to_line(wire.encode(value))
    assert line.count(b"\n") == 1
    assert wire.decode(type(value), wire.from_line(line)) == value


def test_what_a_newer_version_adds_is_ignored() -> None:
    data = wire.from_line(
        json.dumps({"at": 1, "environment": "a", "kind": "seen", "message": "", "mood": "good"})
    )
    event = wire.decode(Event, data)
    assert event == Event(at=1.0, environment="a", kind=EventKind.SEEN, message="")


@pytest.mark.parametrize(
    "data",
    [
        {"environment": "a", "kind": "seen", "message": ""},
        {"at": "now", "environment": "a", "kind": "seen", "message": ""},
        {"at": True, "environment": "a", "kind": "seen", "message": ""},
        {"at": 1, "environment": "a", "kind": "sung", "message": ""},
        {"at": 1, "environment": None, "kind": "seen", "message": ""},
    ],
)
def test_what_is_no_event_is_refused(data: dict[str, wire.Json]) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(Event, data)


@pytest.mark.parametrize("line", ["", "{", "[1]", "nonsense", "null"])
def test_what_is_no_object_is_refused(line: str) -> None:
    with pytest.raises(wire.WireError):
        wire.from_line(line)

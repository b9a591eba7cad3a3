"""
Events and progress, as people see them.
"""

from datetime import UTC

import pytest

from sandbox.delivery.syncing import advance, begin
from sandbox.model.event import Event, EventKind
from sandbox.model.syncing import Syncing
from sandbox.render.events import EVENT_SIGNS, event_line
from sandbox.render.progress import progress_lines, unfinished, waiting_line
from tests.render.test_status import NOW


def happened(kind: EventKind, message: str = "", **fields: object) -> Event:
    return Event(at=NOW, environment="staging", kind=kind, message=message, **fields)  # type: ignore[arg-type] # fields of Event


def test_one_event_is_one_line() -> None:
    event = happened(EventKind.STEP_ENDED, "start web-1", seconds=0.42)
    assert event_line(event, zone=UTC, name_width=10) == (
        "08:00:00  staging     ✓ start web-1 (0.4 s)"
    )


def test_an_event_of_the_controller_itself_has_a_name_too() -> None:
    event = Event(at=NOW, environment="", kind=EventKind.UNREACHABLE, message="no engine\x1b[2J")
    assert event_line(event, zone=UTC) == "08:00:00  sandbox  ? no engine"


def test_of_a_long_message_the_first_two_lines_are_told() -> None:
    event = happened(EventKind.DEGRADED, "gate units failed\nE  assert 0\nunits.py:4\ncommit a fix")
    assert event_line(event, zone=UTC).endswith("✗ gate units failed | E  assert 0 …")


def test_a_commit_is_named_once() -> None:
    revision = "4b1c2d3" + "0" * 33
    bare = event_line(happened(EventKind.SYNCED, "in sync", revision=revision), zone=UTC)
    named = event_line(happened(EventKind.SYNCED, "now 4b1c2d3", revision=revision), zone=UTC)
    assert bare.endswith("in sync [4b1c2d3]")
    assert named.endswith("now 4b1c2d3")


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_has_a_sign_and_some_words(kind: EventKind) -> None:
    sign, _ = EVENT_SIGNS[kind]
    assert len(sign) == 1
    assert event_line(happened(kind), zone=UTC).split(f"{sign} ")[1]


def progress_of(*events: Event) -> Syncing:
    progress = begin("staging", NOW - 12)
    for event in events:
        progress = advance(progress, event, event.at - 3)
    return progress


RUNNING = (
    happened(EventKind.PLANNED, "14 steps", steps=14),
    happened(EventKind.STEP_BEGAN, "is missing", step_id="build image web"),
    happened(EventKind.STEP_BEGAN, "is missing", step_id="start db-1"),
    happened(EventKind.STEP_ENDED, "is missing", step_id="start db-1"),
)


def test_progress_counts_steps_and_names_what_runs() -> None:
    (line,) = progress_lines(progress_of(*RUNNING), now=NOW, width=80)
    assert line == "⠋ staging  ━─────────────── 1/14  12 s  build image web"


def test_progress_shows_the_last_line_of_output_and_fits_the_terminal() -> None:
    progress = progress_of(*RUNNING, happened(EventKind.OUTPUT, "Get:12 " + "x" * 200))
    lines = progress_lines(progress, now=NOW, width=60)
    assert [len(line) for line in lines] == [59, 60] or max(map(len, lines)) <= 60
    assert lines[1].startswith("    | Get:12 xxx")
    assert lines[1].endswith("…")


def test_what_happens_elsewhere_is_no_progress() -> None:
    other = Event(
        at=NOW, environment="production", kind=EventKind.STEP_ENDED, message="", step_id="a"
    )
    progress = progress_of(*RUNNING)
    assert advance(progress, other, NOW) == progress


def test_a_wait_that_was_given_up_names_what_it_waited_for() -> None:
    assert unfinished([progress_of(*RUNNING)]) == (
        "staging was waiting for: build image web (1 of 14 steps done)"
    )
    assert unfinished([progress_of()]) == "staging was waiting for: an answer"
    assert waiting_line(progress_of(*RUNNING), NOW) == (
        "staging: still at it after 12 s: build image web"
    )

"""
The live view on a small terminal and on a large one: what is broken comes first.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

import pytest

from sandbox.model.event import Event, EventKind
from sandbox.model.gate import GatePhase, GateStatus, GateVerdict
from sandbox.model.status import EnvironmentStatus, Health, Suspension, SyncStatus
from sandbox.model.syncing import RunningStep
from sandbox.render.style import Style
from sandbox.render.watch import Size, watch_lines, worth_a_line
from tests.render.test_status import NOW, PIN, PRODUCTION, REVISION, STAGING, SYNCING

SMALL, LARGE = Size(columns=80, lines=24), Size(columns=120, lines=40)
QUIET = replace(STAGING, name="production", pin=PIN, release=PIN.release)
BROKEN = replace(
    PRODUCTION,
    serving="9" * 40,
    message="compose.yaml:18: web: web-1 exited with 1 before it became ready, 3 times within"
    " 120 s; it said: no tea",
    pending=tuple(f"create web-{number}" for number in range(1, 21)),
)
SYNCED_NEXT = replace(
    STAGING,
    health=Health.PROGRESSING,
    sync=SyncStatus.OUT_OF_SYNC,
    syncing=replace(
        SYNCING, running=(*SYNCING.running, RunningStep(id="gate units", began_at=NOW - 12))
    ),
    gates=(GateStatus(name="units", phase=GatePhase.BEFORE, running=True, began_at=NOW - 12),),
)
EVENTS = [
    Event(
        at=NOW + number,
        environment="staging",
        kind=EventKind.STEP_ENDED,
        message=f"step {number} " + "y" * 100,
    )
    for number in range(60)
]


def view(
    *statuses: EnvironmentStatus, size: Size = SMALL, events: Sequence[Event] = EVENTS
) -> list[str]:
    lines = watch_lines(statuses, events, now=NOW, size=size, zone=UTC)
    assert len(lines) <= size.lines
    assert max(map(len, lines), default=0) <= size.columns
    return list(lines)


def test_at_rest_each_environment_takes_one_line_and_events_the_others() -> None:
    lines = view(STAGING, QUIET)

    assert lines[:4] == [
        "production  ● healthy · synced  0a1b2c3  pinned 1 commit behind staging (4b1c2d…",
        "staging     ● healthy · synced  4b1c2d3  Change the headline",
        "",
        "the last 20 events",
    ]
    assert len(lines) == SMALL.lines
    assert "step 59 y" in lines[-1]


def test_with_more_lines_there_is_more() -> None:
    lines = view(STAGING, QUIET, size=LARGE)

    assert lines[6:12] == [
        "staging     ● healthy · synced  4b1c2d3  Change the headline",
        "  ● db  1/1  healthy  up 1 h 2 min",
        "  ● migrate  done  healthy",
        "  ● web  2/2  healthy  up 4.0 s",
        "  http://127.0.0.1:8081",
        "  http://127.0.0.1:9000",
    ]
    assert lines[13] == "the last 26 events"


def test_while_a_sync_runs_its_steps_have_their_time_and_what_they_printed() -> None:
    assert view(SYNCED_NEXT, QUIET)[:6] == [
        "staging     ◐ progressing · out of sync · syncing 3/16",
        "  ━━━───────────── 3/16  2 min 30 s  to 4b1c2d3  Change the headline",
        "  ▸ build image db  2 min  Get:12 trixie/main",
        "  ▸ gate units  12 s",
        "  ◐ gate units  running 12 s",
        "production  ● healthy · synced  0a1b2c3  pinned 1 commit behind staging (4b1c2d…",
    ]


def test_while_a_sync_runs_what_differs_is_not_listed_a_second_time() -> None:
    differing = replace(SYNCED_NEXT, pending=("create web-1",))
    assert not any("differs" in line for line in view(differing))
    assert any("differs: create web-1" in line for line in view(replace(differing, syncing=None)))


def test_after_a_failure_the_broken_environment_comes_first_and_what_is_cut_is_counted() -> None:
    lines = view(STAGING, BROKEN)

    assert lines[:6] == [
        "production  ✗ degraded · out of sync",
        "  compose.yaml:18: web: web-1 exited with 1 before it became ready, 3 times",
        "  within 120 s; it said: no tea",
        "  next: commit a fix, or look: sandbox logs production",
        "  ✗ web  0/1  degraded  exited with 1, 3 times",
        "  9999999 serves",
    ]
    shown = sum("differs: create web-" in line for line in lines)
    assert f"  … {20 - shown} more: sandbox status production" in lines
    assert "staging     ● healthy · synced  4b1c2d3  Change the headline" in lines
    assert "step 59 y" in lines[-1]
    assert sum("step " in line for line in lines) >= 3


def test_what_is_broken_and_what_is_synced_share_the_lines() -> None:
    lines = view(SYNCED_NEXT, BROKEN)
    assert lines[0].startswith("production  ✗ degraded")
    assert "  ▸ build image db  2 min  Get:12 trixie/main" in lines
    assert any(re.fullmatch(r"  … \d+ more: sandbox status production", line) for line in lines)


def test_environments_that_find_no_line_are_counted() -> None:
    statuses = [replace(STAGING, name=f"e{number:02}") for number in range(40)]
    lines = view(*statuses, BROKEN)
    assert lines[0].startswith("production")
    shown = sum(line.startswith(("e", "production")) for line in lines)
    assert f"… {41 - shown} more environments: sandbox status" in lines


@pytest.mark.parametrize("lines", [1, 2, 3, 5, 8, 13, 24, 25, 40, 80])
@pytest.mark.parametrize("columns", [2, 20, 80, 200])
def test_it_fits_every_terminal(lines: int, columns: int) -> None:
    shown = view(SYNCED_NEXT, BROKEN, QUIET, size=Size(columns=columns, lines=lines))
    assert shown[0][:1] == "p", "what is broken is there whatever else is not"


def test_a_long_message_is_cut_and_counted() -> None:
    status = replace(BROKEN, message="word " * 200)
    lines = view(status, size=LARGE)
    assert re.fullmatch(r"  … \d+ more lines", lines[6])


def test_of_a_log_each_line_has_its_own_and_what_to_type_is_never_cut() -> None:
    assertion = "E  assert '<h1>Tea</h1>' in '<!doctype html><html lang=\"en\"><head><meta charset'"
    status = replace(
        BROKEN,
        message="serving 9999999; 4b1c2d3 failed and is not tried again: compose.yaml:20: units: "
        f"gate units failed: it exited with 1\n{assertion}\ntests/test_pages.py:60: AssertionError",
        next_step="commit a fix, or try it again: sandbox sync production --rerun; its log: "
        "sandbox logs production units",
    )
    assert view(status)[1:7] == [
        "  serving 9999999; 4b1c2d3 failed and is not tried again: compose.yaml:20:",
        "  units: gate units failed: it exited with 1",
        f"  {assertion[:77]}…",
        "  tests/test_pages.py:60: AssertionError",
        "  next: commit a fix, or try it again: sandbox sync production --rerun; its log:",
        "        sandbox logs production units",
    ]


def test_a_suspension_a_gate_that_failed_and_who_is_not_looked_after_are_told() -> None:
    gate = GateStatus(
        name="smoke",
        phase=GatePhase.AFTER,
        verdict=GateVerdict.FAILED,
        ended_at=NOW - 4,
        message="exited with 1",
    )
    suspended = replace(
        STAGING,
        health=Health.SUSPENDED,
        suspension=Suspension(environment="staging", reason="a fair", since=NOW),
        message="suspended: a fair",
        next_step="sandbox resume staging",
        gates=(gate,),
        reconciled=False,
    )
    lines = view(suspended, QUIET)
    assert lines[0] == "staging     ‖ suspended · synced"
    assert "  next: sandbox resume staging" in lines
    assert "  a fair, until: sandbox resume" in lines
    assert "  ✗ gate smoke  failed 4.0 s ago: exited with 1" in lines
    assert any(line.startswith("A controller looks after production, not") for line in lines)


def test_without_an_environment_it_says_how_to_make_one() -> None:
    assert view(events=())[0].startswith("No environment here.")


def test_with_colour_there_are_the_same_words() -> None:
    statuses = (SYNCED_NEXT, BROKEN)
    coloured = watch_lines(statuses, EVENTS, now=NOW, size=SMALL, zone=UTC, style=Style(color=True))
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured] == view(*statuses)


@pytest.mark.parametrize(
    "status",
    [
        replace(BROKEN, message="a\x1b[2Jb\r\nc", next_step="\x1b[2J"),
        replace(STAGING, subject="a\x1b[2Jb\nc", revision=REVISION),
        replace(
            SYNCED_NEXT,
            syncing=replace(SYNCING, running=(RunningStep(id="\x1b[2J", output="\x1b[2J\n"),)),
        ),
    ],
)
def test_escape_codes_of_others_never_reach_the_screen(status: EnvironmentStatus) -> None:
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(view(status)))


def test_output_and_beginnings_of_steps_take_no_line() -> None:
    kinds = (EventKind.STEP_BEGAN, EventKind.OUTPUT, EventKind.STEP_ENDED)
    events = [replace(EVENTS[0], kind=kind) for kind in kinds]
    assert worth_a_line(events) == [events[-1]]

"""
The main screen, as people see it.
"""

import re
from dataclasses import replace

import pytest

from sandbox.model.gate import GatePhase, GateStatus, GateVerdict
from sandbox.model.pin import Pin
from sandbox.model.status import (
    EnvironmentStatus,
    Health,
    ServedRelease,
    ServiceStatus,
    Suspension,
    SyncStatus,
)
from sandbox.model.syncing import RunningStep, Syncing
from sandbox.render.progress import syncing_text
from sandbox.render.status import NO_ENVIRONMENT, pin_text, status_line, status_text
from sandbox.render.style import Style

NOW = 1_800_000_000.0
REVISION = "4b1c2d3" + "0" * 33
STAGING = EnvironmentStatus(
    name="staging",
    branch="main",
    revision=REVISION,
    subject="Change the headline",
    release=REVISION,
    running_releases=(REVISION,),
    sync=SyncStatus.SYNCED,
    health=Health.HEALTHY,
    services=(
        ServiceStatus(name="db", desired=1, ready=1, health=Health.HEALTHY, started_at=NOW - 3725),
        ServiceStatus(name="migrate", desired=1, ready=1, health=Health.HEALTHY, job=True),
        ServiceStatus(name="web", desired=2, ready=2, health=Health.HEALTHY, started_at=NOW - 4),
    ),
    urls=("http://127.0.0.1:8081", "http://127.0.0.1:9000"),
    reconciled=True,
)
PRODUCTION = EnvironmentStatus(
    name="production",
    branch="main",
    revision=REVISION,
    subject="Change the headline",
    release="0a1b2c3" + "0" * 33,
    running_releases=("fffffff" + "0" * 33,),
    sync=SyncStatus.OUT_OF_SYNC,
    health=Health.DEGRADED,
    services=(
        ServiceStatus(
            name="web", desired=1, ready=0, health=Health.DEGRADED, message="exited with 1, 3 times"
        ),
    ),
    message="web-1 ended with status 1",
    next_step="commit a fix, or look: sandbox logs production",
    pending=("start web-1  not running",),
    ignored_edits=("environments/production/compose.yaml",),
    reconciled=True,
)


def test_the_screen_tells_everything_in_aligned_lines() -> None:
    assert status_text((PRODUCTION, STAGING), now=NOW).splitlines() == (
        [
            "production   ✗ degraded · out of sync",
            "  revision   main 4b1c2d3  Change the headline",
            "  release    0a1b2c3  (fffffff serves)",
            "  services   ✗ web  0/1  degraded  exited with 1, 3 times",
            "  differs    start web-1  not running",
            "  message    web-1 ended with status 1",
            "  ignored    1 uncommitted edit changes nothing: environments/production/compose.yaml",
            "  next       commit a fix, or look: sandbox logs production",
            "",
            "staging      ● healthy · synced",
            "  revision   main 4b1c2d3  Change the headline",
            "  release    4b1c2d3  (the revision itself)",
            "  services   ● db       1/1   healthy  up 1 h 2 min",
            "             ● migrate  done  healthy",
            "             ● web      2/2   healthy  up 4.0 s",
            "  open       http://127.0.0.1:8081",
            "             http://127.0.0.1:9000",
            "",
            "A controller looks after all of them; commits and drift are acted upon.",
        ]
    )


def test_a_suspension_tells_why_and_until_when() -> None:
    suspension = Suspension(environment="staging", reason="demo at noon", since=NOW, until=NOW + 90)
    text = status_text((replace(STAGING, health=Health.SUSPENDED, suspension=suspension),), now=NOW)
    assert "‖ suspended · synced" in text
    assert "suspended  demo at noon, for another 1 min 30 s" in text


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (NOW + 90, "demo at noon, for another 1 min 30 s, by ada"),
        (0.0, "demo at noon, by ada, until: sandbox resume"),
    ],
)
def test_a_suspension_tells_whose_it_is(until: float, words: str) -> None:
    suspension = Suspension(
        environment="staging", reason="demo at noon", since=NOW, until=until, author="ada"
    )
    status = replace(STAGING, health=Health.SUSPENDED, suspension=suspension)
    assert f"suspended  {words}\n" in status_text((status,), now=NOW)


def test_a_status_of_which_nothing_is_known_still_reads() -> None:
    text = status_text((EnvironmentStatus(name="staging", message="no engine answers"),), now=NOW)
    assert "? unknown · unknown" in text
    assert "revision   cannot be read" in text
    assert "No controller runs" in text


def test_an_environment_that_nobody_looks_after_is_named() -> None:
    text = status_text((replace(PRODUCTION, reconciled=False), STAGING), now=NOW)
    assert text.endswith(
        "A controller looks after staging, not after production: sandbox up production"
    )


def test_an_environment_of_which_nothing_exists_takes_few_lines() -> None:
    missing = ServiceStatus(name="web", desired=1, ready=0, health=Health.MISSING, message="no")
    status = replace(
        PRODUCTION,
        health=Health.MISSING,
        services=(replace(missing, name="db"), missing),
        pending=("create db-1", "create web-1"),
        running_releases=(),
        ignored_edits=(),
        message="",
        next_step="sandbox up production",
    )
    assert status_text((status,), now=NOW).splitlines()[:6] == [
        "production   ○ missing · out of sync",
        "  revision   main 4b1c2d3  Change the headline",
        "  release    0a1b2c3",
        "  services   db, web  (none exists)",
        "  differs    everything: sandbox plan production",
        "  next       sandbox up production",
    ]


def test_many_differences_are_counted() -> None:
    status = replace(PRODUCTION, pending=tuple(f"step {number}" for number in range(9)))
    text = status_text((status,), now=NOW)
    assert "step 5" in text
    assert "step 6" not in text
    assert "... and 3 more: sandbox plan production" in text


def test_no_environment_says_how_to_make_one() -> None:
    assert status_text((), now=NOW) == NO_ENVIRONMENT


def test_without_colour_there_is_no_escape_code_and_with_it_the_same_words() -> None:
    plain = status_text((PRODUCTION, STAGING), now=NOW)
    coloured = status_text((PRODUCTION, STAGING), now=NOW, style=Style(color=True))
    assert "\x1b" not in plain
    assert "\x1b[32m● healthy\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


EVIL = "a\x1b[2Jb\x1b]0;title\x07c\x9b31md\u202ee\r\nf"


@pytest.mark.parametrize(
    "status",
    [
        replace(STAGING, name=EVIL),
        replace(STAGING, branch=EVIL),
        replace(STAGING, subject=EVIL),
        replace(STAGING, message=EVIL),
        replace(STAGING, next_step=EVIL),
        replace(STAGING, urls=(EVIL,)),
        replace(PRODUCTION, pending=(EVIL,), ignored_edits=(EVIL,)),
    ],
)
def test_escape_codes_of_others_never_reach_the_screen(status: EnvironmentStatus) -> None:
    text = status_text((status,), now=NOW)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_one_line_names_what_is_waited_for() -> None:
    assert status_line(PRODUCTION) == (
        "production  ✗ degraded · out of sync  at 4b1c2d3, waiting for: web 0/1"
    )


def test_what_is_elsewhere_than_the_file_says_is_noted_below_the_addresses() -> None:
    note = "the edge is at port 8081, not 8080: 8080 is held by nginx (pid 5)"

    lines = status_text((replace(STAGING, notes=(note,)),), now=NOW).splitlines()

    assert lines[-4:-2] == ["             http://127.0.0.1:9000", f"  note       {note}"]


SYNCING = Syncing(
    environment="staging",
    began_at=NOW - 150,
    revision=REVISION,
    steps=16,
    done=3,
    running=(RunningStep(id="build image db", began_at=NOW - 120, output="Get:12 trixie/main"),),
    output=("Get:12 trixie/main",),
)


def test_a_sync_that_runs_is_told_with_its_step_and_what_that_printed() -> None:
    status = replace(STAGING, sync=SyncStatus.OUT_OF_SYNC, syncing=SYNCING)

    first, second, *_ = status_text((status,), now=NOW).splitlines()

    assert first == "staging     ● healthy · out of sync · syncing 3/16, build image db 2 min"
    assert second == "             | Get:12 trixie/main"


@pytest.mark.parametrize(
    ("syncing", "text"),
    [
        (replace(SYNCING, running=()), "syncing 3/16, 2 min 30 s"),
        (replace(SYNCING, revision=""), "taking down 3/16, build image db 2 min"),
        (
            replace(SYNCING, running=(*SYNCING.running, RunningStep(id="x"), RunningStep(id="y"))),
            "syncing 3/16, build image db 2 min and 2 more",
        ),
    ],
)
def test_how_far_a_sync_is_fits_a_line(syncing: Syncing, text: str) -> None:
    assert syncing_text(syncing, NOW) == text


PIN = Pin(
    release="0a1b2c3" + "0" * 33,
    subject="Sell tea",
    source="staging",
    promoted=True,
    newest=REVISION,
    newest_subject="Sell coffee",
    behind=1,
    proven=True,
)


def test_what_is_pinned_names_what_runs_and_no_subject_of_what_does_not() -> None:
    status = replace(
        STAGING,
        name="production",
        release=PIN.release,
        running_releases=(PIN.release,),
        pin=PIN,
        services=(),
        urls=(),
        next_step="sandbox promote production",
    )
    assert status_text((status,), now=NOW).splitlines()[1:-2] == [
        "  revision   main 4b1c2d3",
        "  release    0a1b2c3  Sell tea",
        "  pinned     1 commit behind staging (4b1c2d3  Sell coffee)",
        "  next       sandbox promote production",
    ]


@pytest.mark.parametrize(
    ("pin", "text"),
    [
        (replace(PIN, behind=12), "12 commits behind staging (4b1c2d3  Sell coffee)"),
        (replace(PIN, behind=500), "500 commits or more behind staging (4b1c2d3  Sell coffee)"),
        (replace(PIN, behind=0, newest=PIN.release), "to the release of staging"),
        (replace(PIN, behind=0), "to all that staging has (4b1c2d3  Sell coffee)"),
        (
            replace(PIN, behind=None, newest=""),
            "unknown how far behind staging: its commit cannot be read",
        ),
    ],
)
def test_how_far_a_pin_is_behind_is_told_in_words(pin: Pin, text: str) -> None:
    assert pin_text(pin) == text


def a_share(release: str, revision: str, weight: int) -> ServedRelease:
    return ServedRelease(release=release * 40, revision=revision * 40, weight=weight)


@pytest.mark.parametrize(
    ("releases", "text"),
    [
        ((a_share("f", "e", 90), a_share("0", "1", 10)), "up 4.0 s, 90 % fffffff, 10 % 0000000"),
        ((a_share("f", "e", 90), a_share("f", "1", 10)), "up 4.0 s, 90 % eeeeeee, 10 % 1111111"),
        ((a_share("f", "e", 100),), "up 4.0 s"),
    ],
)
def test_the_shares_of_a_canary_stand_beside_its_service(
    releases: tuple[ServedRelease, ...], text: str
) -> None:
    *others, web = STAGING.services
    status = replace(STAGING, services=(*others, replace(web, releases=releases)))
    (line,) = (each for each in status_text((status,), now=NOW).splitlines() if " web " in each)
    assert line.endswith(text)


def test_a_revision_that_does_not_serve_yet_names_the_one_that_does() -> None:
    status = replace(STAGING, serving="9" * 40, running_releases=("f" * 40, REVISION))
    text = status_text((status,), now=NOW)
    assert "  revision   main 4b1c2d3  Change the headline  (9999999 serves)\n" in text
    assert "  release    4b1c2d3  (fffffff and 4b1c2d3 serve)\n" in text


def test_a_gate_that_runs_is_running_since_then() -> None:
    gate = GateStatus(name="units", phase=GatePhase.BEFORE, running=True, began_at=NOW - 12)
    text = status_text((replace(STAGING, gates=(gate,)),), now=NOW)
    assert "  gates      ◐ units  before  running 12 s" in text


def test_gates_are_told_with_how_they_ended_for_what_is_committed() -> None:
    status = replace(
        STAGING,
        services=(),
        gates=(
            GateStatus(
                name="purchase",
                phase=GatePhase.AFTER,
                verdict=GateVerdict.FAILED,
                ended_at=NOW - 4,
                message="exited with 1; its last line: \x1b[31mno tea",
            ),
            GateStatus(name="smoke", phase=GatePhase.AFTER),
            GateStatus(
                name="units",
                phase=GatePhase.BEFORE,
                verdict=GateVerdict.PASSED,
                ended_at=NOW - 3725,
            ),
        ),
    )

    shown = [line for line in status_text((status,), now=NOW).splitlines() if "after" in line]

    assert shown[0].startswith("  gates      ✗ purchase  after   failed 4.0 s ago: exited with 1;")
    assert "\x1b" not in shown[0]
    assert shown[1] == "             ○ smoke     after   not run yet"
    assert "● units     before  passed 1 h 2 min ago" in status_text((status,), now=NOW)


def test_the_warnings_of_the_files_follow_the_environments_each_once() -> None:
    both = "environments/base/compose.yaml:4: the variable TAG is not set; it reads as empty"
    own = "environments/staging/compose.yaml:9: the image nginx has no tag"
    text = status_text(
        (replace(PRODUCTION, warnings=(both,)), replace(STAGING, warnings=(both, own))), now=NOW
    )

    assert text.splitlines()[-4:-2] == [f"warning: {both}", f"warning: {own} [staging]"]


def test_a_gate_that_failed_shows_why_on_lines_of_its_own() -> None:
    gate = GateStatus(
        name="units",
        phase=GatePhase.BEFORE,
        verdict=GateVerdict.FAILED,
        ended_at=NOW - 12,
        message="exited with 1\nE       assert 0 == 4.2",
    )

    lines = status_text((replace(STAGING, gates=(gate,)),), now=NOW).splitlines()

    first = next(n for n, line in enumerate(lines) if "units" in line)
    assert lines[first].endswith("failed 12 s ago: exited with 1")
    assert lines[first + 1].strip() == "E       assert 0 == 4.2"

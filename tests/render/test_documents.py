"""
What scripts rely on.
"""

import json
from dataclasses import replace

from sandbox.errors import ImageError, InvalidComposeError, NotFoundError, SandboxError
from sandbox.model.event import Event, EventKind
from sandbox.model.plan import Change
from sandbox.model.problem import Problem
from sandbox.model.promotion import Promotion
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.render import documents
from sandbox.render.changes import changes_text
from sandbox.render.failures import failure_text
from sandbox.render.logs import log_json, log_text, parse_line
from sandbox.render.outcomes import record_text, removal_text
from sandbox.render.promotion import promotion_text
from tests.render.test_status import NOW, PIN, PRODUCTION, REVISION, STAGING, SYNCING

RECORD = SyncRecord(
    environment="staging",
    revision=REVISION,
    trigger=Trigger.PERSON,
    started_at=10.0,
    finished_at=12.1,
    outcome=Outcome.SUCCEEDED,
)
PROBLEMS = [
    Problem(file="a.yaml", line=4, column=5, path="services.web", message="unknown key imgae"),
    Problem(file="b.yaml", message="missing"),
]


def test_a_document_is_one_line_that_names_its_schema() -> None:
    text = documents.document({"name": "é\n"})
    assert "\n" not in text
    assert json.loads(text) == {"schema": 1, "name": "é\n"}


def test_status_has_what_was_promised() -> None:
    found = json.loads(documents.document(documents.statuses((STAGING, PRODUCTION))))
    staging = found["environments"][0]
    assert staging["name"] == "staging"
    assert staging["revision"] == staging["release"] == REVISION
    assert (staging["sync"], staging["health"]) == ("synced", "healthy")
    assert staging["suspended"] is False
    assert {"name": "db", "desired": 1, "ready": 1, "health": "healthy"}.items() <= staging[
        "services"
    ][0].items()
    assert staging["urls"] == ["http://127.0.0.1:8081", "http://127.0.0.1:9000"]


def test_status_tells_the_sync_that_runs() -> None:
    value = replace(STAGING, syncing=SYNCING)
    found = json.loads(documents.document(documents.status(value)))["syncing"]
    assert (found["revision"], found["done"], found["steps"]) == (REVISION, 3, 16)
    assert found["running"] == [
        {
            "step": "build image db",
            "service": None,
            "began_at": NOW - 120,
            "output": "Get:12 trixie/main",
        }
    ]
    assert documents.status(STAGING)["syncing"] is None


def test_status_tells_what_an_environment_is_pinned_to() -> None:
    assert documents.status(STAGING)["pin"] is None
    assert documents.status(replace(STAGING, pin=PIN))["pin"] == {
        "release": PIN.release,
        "subject": "Sell tea",
        "source": "staging",
        "newest": REVISION,
        "newest_subject": "Sell coffee",
        "behind": 1,
    }


def test_outcomes_hold_a_record_or_an_error_for_each_environment() -> None:
    results: dict[str, SyncRecord | SandboxError] = {
        "staging": RECORD,
        "production": NotFoundError("gone", remedy="look"),
    }
    first, second = documents.outcomes(results)
    assert isinstance(first, dict)
    assert (first["environment"], first["outcome"], first["seconds"]) == (
        "staging",
        "succeeded",
        2.1,
    )
    assert second == {
        "environment": "production",
        "error": {
            "kind": "NotFoundError",
            "message": "gone",
            "remedy": "look",
            "exit_status": 5,
            "problems": [],
            "log": [],
        },
    }


def test_an_event_tells_absent_things_as_null() -> None:
    event = Event(at=1.5, environment="staging", kind=EventKind.SEEN, message="new")
    assert documents.event(event) == {
        "at": 1.5,
        "environment": "staging",
        "kind": "seen",
        "message": "new",
        "revision": None,
        "service": None,
        "step": None,
        "seconds": None,
    }


def test_problems_are_listed_with_their_places() -> None:
    error = InvalidComposeError(PROBLEMS)
    assert failure_text(error).splitlines() == [
        "error: 2 problems in the Compose files",
        "  a.yaml:4:5: services.web: unknown key imgae",
        "  b.yaml: missing",
        "  try: correct what is named above and commit; nothing was changed",
    ]
    found = documents.failure(error)["error"]
    assert json.loads(json.dumps(found))["problems"][0]["line"] == 4
    assert json.loads(json.dumps(found))["problems"][1]["line"] is None


def test_a_failure_shows_its_last_lines_and_the_remedy() -> None:
    error = ImageError("image web cannot be built", remedy="fix it", log=("step 3", "E: \x1b[2Jno"))
    assert failure_text(error).splitlines() == [
        "error: image web cannot be built",
        "  | step 3",
        "  | E: no",
        "  try: fix it",
    ]


def test_fields_that_differ_are_shown_side_below_side() -> None:
    changes = [Change(field="services.web.environment.A", old="1", new=None)]
    assert changes_text(changes, "staging", "production").splitlines() == [
        "services.web.environment.A",
        "  staging     1",
        "  production  (absent)",
        "",
        "1 field of staging and production differ.",
    ]
    assert changes_text([], "a", "b") == "a and b declare the same."


def test_a_promotion_names_release_source_and_commit() -> None:
    promotion = Promotion(
        environment="production",
        source="staging",
        release=REVISION,
        previous="0" * 40,
        commit="9" * 40,
        branch="main",
    )
    assert promotion_text(promotion) == (
        "production is pinned to release 4b1c2d3 of staging (was 0000000)"
        " by commit 9999999 on main."
    )
    again = Promotion(environment="production", release=REVISION)
    assert promotion_text(again) == (
        "production is at release 4b1c2d3 already; nothing was committed."
    )


def test_a_sync_is_summed_up_in_a_line() -> None:
    assert record_text(RECORD) == "● staging  succeeded at 4b1c2d3: nothing to do (2.1 s)"


def test_down_says_what_is_kept_and_how_to_delete_it() -> None:
    assert removal_text("staging", ["shop-staging_data"]).splitlines() == [
        "○ staging  is down; kept 1 volume: shop-staging_data",
        "  to delete the data too: sandbox down staging --volumes",
    ]
    assert removal_text("staging", []) == "○ staging  is down; nothing of it is left."


def test_log_lines_carry_their_source() -> None:
    line = parse_line("2026-11-23T08:00:00.000000000Z GET \x1b[2J/", source="web-1", number=1)
    assert log_text(line, width=8, terminal=True) == "web-1    | GET /"
    assert log_text(line, width=8, terminal=False) == "web-1    | GET \x1b[2J/"
    assert log_json(line) == {
        "at": "2026-11-23T08:00:00.000000000Z",
        "source": "web-1",
        "line": "GET \x1b[2J/",
    }

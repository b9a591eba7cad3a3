"""
What was done, as people and scripts see it.
"""

import json
from dataclasses import replace
from datetime import UTC

from sandbox.model.receipt import Receipt, Traffic
from sandbox.model.record import Outcome, PastSync, SyncRecord, Trigger
from sandbox.model.verdict import Figures
from sandbox.render import documents
from sandbox.render.history import NO_HISTORY, history_json, history_text
from sandbox.render.style import Style
from tests.builders import NOW, REVISION

GOOD = SyncRecord(
    id=12,
    environment="staging",
    revision=REVISION,
    release=REVISION,
    trigger=Trigger.COMMIT,
    started_at=NOW,
    finished_at=NOW + 2.1,
    outcome=Outcome.SUCCEEDED,
    receipt=Receipt(during=Traffic(seconds=2.1, total=Figures(requests=1412, failed=3))),
)
BAD = replace(
    GOOD,
    id=9,
    environment="production",
    trigger=Trigger.ROLLBACK,
    finished_at=NOW + 65,
    outcome=Outcome.FAILED,
    message="web-1 exited\x1b[2J with 1\nsecond line",
    receipt=None,
)
SYNCS = (PastSync(record=GOOD, subject="Say \x1b[31mhello"), PastSync(record=BAD))


def test_each_sync_is_an_aligned_line_with_its_reason_below_when_it_did_not_succeed() -> None:
    heading, good, bad, reason = history_text(SYNCS, zone=UTC).splitlines()

    assert heading[:50] == "id  when                 environment  verdict     "
    assert heading[50:] == " took       requests  failed  trigger   revision"
    assert good[:50] == "12  2027-01-15 08:00:00  staging      ● succeeded "
    assert good[50:] == " 2.1 s      1,412     3       commit    1a2b3c4  Say hello"
    assert bad[:50] == "9   2027-01-15 08:00:00  production   ✗ failed    "
    assert bad[50:] == " 1 min 5 s  -         -       rollback  1a2b3c4"
    assert reason == "    web-1 exited with 1"


def test_failed_requests_are_seen_at_once() -> None:
    _, first, *_ = history_text(SYNCS, zone=UTC, style=Style(color=True)).splitlines()

    assert "\x1b[31m3       \x1b[0m" in first
    assert "\x1b[32m● succeeded  \x1b[0m" in first


def test_without_a_sync_it_says_so() -> None:
    assert history_text(()) == NO_HISTORY
    assert history_json(()) == {"history": []}


def test_scripts_get_a_document_for_each_sync() -> None:
    first, second = json.loads(documents.document(history_json(SYNCS)))["history"]

    assert first == {
        "id": 12,
        "environment": "staging",
        "revision": REVISION,
        "subject": "Say \x1b[31mhello",
        "release": REVISION,
        "trigger": "commit",
        "started_at": NOW,
        "finished_at": NOW + 2.1,
        "seconds": 2.1,
        "outcome": "succeeded",
        "message": "",
        "requests": 1412,
        "failed": 3,
    }
    assert (second["requests"], second["failed"]) == (None, None)

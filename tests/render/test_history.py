"""
What was done, as people and scripts see it.
"""

import json
from dataclasses import replace
from datetime import UTC

from sandbox.model.past import Decision, Deed, Fate, InForce, PastDeed
from sandbox.model.receipt import Receipt, Traffic
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.verdict import Figures
from sandbox.render import documents
from sandbox.render.history import NO_HISTORY, at_text, history_json, history_text
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
DECISION = Decision(commit=REVISION, author="Ada", at=NOW - 1, subject="Say \x1b[31mhello")
DEEDS = (
    PastDeed(
        environment="staging",
        at=NOW,
        deed=Deed.CHANGE,
        who="Ada",
        decision=DECISION,
        record=GOOD,
    ),
    PastDeed(
        environment="production",
        at=NOW,
        deed=Deed.WAY_BACK,
        who="rollback",
        record=BAD,
        message="web-1 exited\x1b[2J with 1",
    ),
    PastDeed(
        environment="staging",
        at=NOW - 60,
        deed=Deed.PROMOTION,
        who="B\x1b[2Job",
        decision=DECISION,
        fate=Fate.SUPERSEDED,
    ),
)


def test_each_deed_is_an_aligned_line_with_its_reason_below_when_it_did_not_succeed() -> None:
    heading, good, bad, reason, never = history_text(DEEDS, zone=UTC).splitlines()

    assert heading.split() == [
        *("id", "when", "environment", "who", "what", "verdict", "took", "requests", "failed"),
        "revision",
    ]
    assert good.split()[:6] == ["12", "2027-01-15", "08:00:00", "staging", "Ada", "change"]
    assert good.endswith("● succeeded   2.1 s      1,412     3       1a2b3c4  Say hello")
    assert bad.split()[3:8] == ["production", "rollback", "way", "back", "✗"]
    assert bad.endswith("✗ failed      1 min 5 s  -         -       1a2b3c4")
    assert reason == "    web-1 exited with 1"
    assert never.startswith("-   2027-01-15 07:59:00  staging      Bob       promotion")
    assert "○ superseded  -" in never
    assert len({heading.index("verdict"), good.index("●"), bad.index("✗"), never.index("○")}) == 1


def test_failed_requests_are_seen_at_once() -> None:
    _, first, *_ = history_text(DEEDS, zone=UTC, style=Style(color=True)).splitlines()

    assert "\x1b[31m3       \x1b[0m" in first
    assert "\x1b[32m● succeeded   \x1b[0m" in first


def test_without_a_deed_it_says_so() -> None:
    assert history_text(()) == NO_HISTORY
    assert history_json(()) == {"history": []}


def test_scripts_get_a_document_for_each_deed() -> None:
    first, second, third = json.loads(documents.document(history_json(DEEDS)))["history"]

    assert first == {
        "id": 12,
        "environment": "staging",
        "at": NOW,
        "what": "change",
        "who": "Ada",
        "verdict": "succeeded",
        "revision": REVISION,
        "subject": "Say hello",
        "author": "Ada",
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
    assert second["message"] == "web-1 exited with 1\nsecond line"
    assert (third["id"], third["trigger"], third["verdict"]) == (None, None, "superseded")


def an_answer(**fields: object) -> str:
    return at_text((InForce(environment="staging", at=NOW + 9, **fields),), zone=UTC)  # type: ignore[arg-type] # each test names its fields


def test_a_moment_tells_what_ran_and_who_decided_it() -> None:
    promotion = replace(DECISION, author="Bob", deed=Deed.PROMOTION, release=REVISION)
    assert an_answer(sync=DEEDS[0], decision=promotion, source=DECISION).splitlines() == [
        "staging at 2027-01-15 08:00:09",
        "  ran        release 1a2b3c4",
        "  revision   1a2b3c4  Say hello",
        "  sync       12, change by Ada, ended 2027-01-15 08:00:02",
        (
            "  decided by 1a2b3c4  Say hello  (Bob, 2027-01-15 07:59:59): promotion, "
            "release that of its branch -> 1a2b3c4"
        ),
        "  source     1a2b3c4  Say hello  (Ada, 2027-01-15 07:59:59)",
    ]


def test_a_moment_tells_what_failed_meanwhile_and_what_git_alone_knows() -> None:
    failed = an_answer(attempt=replace(DEEDS[1], record=replace(BAD, finished_at=NOW + 1)))
    assert "no sync before then is recorded" in failed
    assert "sync 9 to 1a2b3c4 failed: web-1 exited with 1" in failed
    assert "was under way" in an_answer(attempt=DEEDS[1])
    down = replace(GOOD, revision="", release="", trigger=Trigger.PERSON)
    gone = an_answer(sync=replace(DEEDS[0], deed=Deed.DOWN, who="bob", record=down))
    assert "nothing: taken down by bob" in gone

"""
One receipt in full.
"""

import json
from dataclasses import replace
from datetime import UTC

from sandbox.delivery.analysis import verdict_text
from sandbox.model.plan import Change
from sandbox.model.receipt import Receipt, ServiceFigures, Stages, Traffic
from sandbox.model.record import Outcome, PastSync, StepRecord, SyncRecord, Trigger
from sandbox.model.verdict import Decision, Figures, Ground, Reason, Verdict
from sandbox.render import documents
from sandbox.render.receipt import receipt_json, receipt_text
from sandbox.secrecy.vault import shown_fields
from tests.builders import NOW, RELEASE, REVISION

WEB = Figures(requests=6000, failed=2, p50_ms=3, p95_ms=9, p99_ms=1020)
VERDICT = Verdict(
    decision=Decision.ABORT,
    reasons=(Reason(ground=Ground.P95, measured=12, limit=9),),
    old=Figures(requests=18),
    new=Figures(requests=200, failed=10, p95_ms=12),
)
CREATE = StepRecord(
    step_id="create web-1",
    reason="2 fields changed",
    outcome=Outcome.SUCCEEDED,
    seconds=0.1,
    began_at=NOW + 1,
    changes=(
        Change(field="environment.A", old=None, new="1"),
        Change(field="environment.B", old="x", new="y\x1b[2J"),
    ),
)
ANALYSE = StepRecord(
    step_id="analyse web 10 %",
    reason="the new generation has to show what it is worth",
    outcome=Outcome.FAILED,
    seconds=8.0,
    began_at=NOW + 2,
    message="web does not hold what it has to",
    verdict=VERDICT,
)
PAST = PastSync(
    record=SyncRecord(
        id=12,
        environment="staging",
        revision=REVISION,
        release=RELEASE,
        trigger=Trigger.COMMIT,
        started_at=NOW,
        finished_at=NOW + 12,
        outcome=Outcome.FAILED,
        message="web: abort\nsecond line",
        steps=(ANALYSE, CREATE),
        log=("last words\x1b[2J",),
        receipt=Receipt(
            stages=Stages(seen=0.2, created=0.1, switched=8.0),
            before=Traffic(
                seconds=30,
                total=WEB,
                services=(ServiceFigures(service_name="web", figures=WEB),),
            ),
            during=Traffic(seconds=12, total=Figures(requests=5)),
        ),
    ),
    subject="Say hello",
)


def test_a_receipt_tells_everything_in_aligned_lines() -> None:
    assert receipt_text(PAST, zone=UTC).splitlines() == [
        "receipt 12 of staging",
        "  verdict   ✗ failed",
        "            web: abort",
        "            second line",
        "  revision  1a2b3c4  Say hello",
        "  release   9f8e7d6",
        "  trigger   commit",
        "  began     2027-01-15 08:00:00, took 12 s",
        "  stages    seen 0.2 s, created 0.1 s, switched 8.0 s",
        "  requests                served  failed  p50   p95   p99",
        "            before  30 s  5,998   2       3 ms  9 ms  1,020 ms",
        "              web         5,998   2       3 ms  9 ms  1,020 ms",
        "            during  12 s  5       0       -     -     -",
        "            after   -     -       -       -     -     -",
        "  2 steps",
        "    ● create web-1      0.1 s  2 fields changed",
        "        environment.A: (absent) -> 1",
        "        environment.B: x -> y",
        "    ✗ analyse web 10 %  8.0 s  the new generation has to show what it is worth",
        f"        {verdict_text(VERDICT)}",
        "        web does not hold what it has to",
        "  | last words",
    ]


def test_a_sync_that_nothing_was_measured_of_has_a_short_receipt() -> None:
    record = replace(
        PAST.record, outcome=Outcome.SUCCEEDED, message="", steps=(), log=(), receipt=None
    )

    assert receipt_text(PastSync(record=record), zone=UTC).splitlines() == [
        "receipt 12 of staging",
        "  verdict   ● succeeded",
        "  revision  1a2b3c4",
        "  release   9f8e7d6",
        "  trigger   commit",
        "  began     2027-01-15 08:00:00, took 12 s",
        "  requests  not counted: no ingress",
        "  steps     nothing was to do",
    ]


def test_scripts_get_the_sync_its_stages_and_its_requests() -> None:
    found = json.loads(documents.document(receipt_json(PAST)))["receipt"]

    assert {**found, **shown_fields(documents.record(PAST.record))} == found
    assert (found["id"], found["subject"]) == (12, "Say hello")
    assert found["stages"] == {
        "seen": 0.2,
        "loaded": None,
        "built": None,
        "created": 0.1,
        "ready": None,
        "switched": 8.0,
        "drained": None,
        "gates": None,
    }
    web = {"requests": 6000, "failed": 2, "p50_ms": 3, "p95_ms": 9, "p99_ms": 1020}
    assert found["traffic"]["before"] == {"seconds": 30, **web, "services": {"web": web}}
    assert found["traffic"]["during"]["p95_ms"] is None
    assert found["traffic"]["after"] is None
    analysed, created = found["steps"]
    assert created["changes"][0] == {"field": "environment.A", "old": None, "new": "1"}
    assert created["verdict"] is None
    assert analysed["verdict"] == {
        "decision": "abort",
        "reasons": [{"ground": "p95", "measured": 12, "limit": 9}],
        "old": {"requests": 18, "failed": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None},
        "new": {"requests": 200, "failed": 10, "p50_ms": None, "p95_ms": 12, "p99_ms": None},
    }

"""
Why a service is as it is, as people and scripts see it.
"""

import json
from dataclasses import replace
from datetime import UTC

from sandbox.model.answer import (
    ContainerFact,
    Introduction,
    Origin,
    SinceHealthy,
    StepFact,
    Why,
)
from sandbox.model.gate import Gate, GatePhase, GateResult, GateVerdict
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.past import Decision, Deed, PastDeed
from sandbox.model.plan import Change
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.status import Health
from sandbox.render import documents
from sandbox.render.why import why_text
from sandbox.render.why_document import why_json
from tests.builders import NOW, OLD_REVISION, RELEASE, REVISION

PROMOTION = Decision(
    commit=REVISION,
    author="Bob",
    at=NOW - 60,
    subject="Promote\x1b[2J it",
    deed=Deed.PROMOTION,
    release=RELEASE,
    previous=OLD_REVISION,
)
SOURCE = Decision(commit=RELEASE, author="Ada", at=NOW - 600, subject="Say hi")
RECORD = SyncRecord(
    id=12,
    environment="production",
    revision=REVISION,
    release=RELEASE,
    trigger=Trigger.COMMIT,
    started_at=NOW,
    finished_at=NOW + 2,
    outcome=Outcome.SUCCEEDED,
)
DEED = PastDeed(
    environment="production",
    at=NOW,
    deed=Deed.PROMOTION,
    who="Bob",
    decision=PROMOTION,
    record=RECORD,
)
CHANGE = Change(field="image", old="shop/web:1", new="shop/web:2")
STEP = StepRecord(
    step_id="create web-1",
    reason="image changed",
    outcome=Outcome.SUCCEEDED,
    seconds=1.0,
    changes=(CHANGE,),
)
CONTAINER = ContainerFact(
    name="shop-web-1",
    id="f" * 64,
    image="shop/web:2",
    image_id="sha256:2",
    spec_hash="abcdef0123456789",
    current=True,
    state=ContainerState.RUNNING,
    health=EngineHealth.HEALTHY,
    probed=True,
    proven=True,
    revision=REVISION,
    release=RELEASE,
    created_at=NOW,
    started_at=NOW + 1,
)
FOUND = Why(
    environment="production",
    service="web",
    origin=Origin.DECLARED,
    place="environments/base/compose.yaml:12",
    replicas=1,
    health=Health.HEALTHY,
    spec_hash="abcdef0123456789",
    containers=(CONTAINER,),
    introduced=Introduction(
        decision=PROMOTION, changes=(CHANGE,), places=("environments/base/compose.yaml:13",)
    ),
    source=SOURCE,
    steps=(StepFact(sync=DEED, step=STEP),),
)


def test_a_healthy_service_is_led_back_to_the_commit_and_the_decision() -> None:
    assert why_text(FOUND, zone=UTC).splitlines() == [
        "web of production: ● healthy",
        "  declared    environments/base/compose.yaml:12",
        "  spec        abcdef012345",
        "  container   shop-web-1, running since 2027-01-15 08:00:01, from shop/web:2",
        (
            "  introduced  1a2b3c4  Promote it  (Bob, 2027-01-15 07:59:00): promotion, "
            "release 0d0d0d0 -> 9f8e7d6"
        ),
        "                image: shop/web:1 -> shop/web:2",
        "                at environments/base/compose.yaml:13",
        "  source      9f8e7d6  Say hi  (Ada, 2027-01-15 07:50:00)",
        ("  created     sync 12, promotion by Bob 1a2b3c4, 2027-01-15 08:00:00: image changed"),
        "  health      the engine says that its healthcheck passes",
    ]


def test_a_degraded_one_tells_when_it_was_well_and_what_happened_since() -> None:
    ended = replace(
        CONTAINER,
        state=ContainerState.EXITED,
        words="exited with code 137 (out of memory)",
        oom_killed=True,
    )
    drift = replace(DEED, deed=Deed.DRIFT, who="drift")
    failed = replace(drift, record=replace(RECORD, id=13, outcome=Outcome.FAILED), message="no")
    since = SinceHealthy(sync=DEED, failures=(failed,))
    found = replace(
        FOUND,
        health=Health.DEGRADED,
        message="web-1 exited",
        containers=(ended,),
        steps=(StepFact(sync=drift, step=replace(STEP, step_id="start web-1", reason="ended")),),
        restarts=2,
        since=since,
        pending=("start web-1: exited",),
        log=("cannot\x1b[2J go on",),
    )

    text = why_text(found, zone=UTC)

    assert text.startswith("web of production: ✗ degraded: web-1 exited\n")
    assert "  health      it does not run: exited with code 137 (out of memory)\n" in text
    assert "it was killed for want of memory" in text
    assert "started again 2 times since it was created" in text
    assert "  started     sync 12, drift 1a2b3c4, 2027-01-15 08:00:00: ended\n" in text
    assert "was healthy at the end of sync 12, promotion by Bob" in text
    assert "nothing of its declaration changed since" in text
    assert "sync 13, drift 1a2b3c4, 2027-01-15 08:00:00: failed: no" in text
    assert "  to do       start web-1: exited" in text
    assert text.endswith("  | cannot go on")
    assert len(text.splitlines()) < 24
    changed = replace(found, since=replace(since, changes=(CHANGE,)))
    assert "since then image: shop/web:1 -> shop/web:2" in why_text(changed)


def test_what_is_derived_undeclared_or_not_there_says_so() -> None:
    derived = replace(FOUND, origin=Origin.DERIVED, place="", derived_from=("api", "web"))
    assert "in no file: derived from the ports of api and web" in why_text(derived)
    assert "in no file any more" in why_text(replace(FOUND, origin=Origin.UNDECLARED))
    none = replace(FOUND, containers=(), steps=(), replicas=0, health=Health.HEALTHY)
    assert "none; none is wanted: replicas is 0" in why_text(none)
    assert "  health  " not in why_text(none)
    unseen = replace(FOUND, containers=(), steps=(), health=Health.UNKNOWN)
    assert "container" not in why_text(unseen)
    done = replace(CONTAINER, state=ContainerState.EXITED, words="exited with code 0")
    job = why_text(replace(FOUND, job=True, containers=(done,)))
    assert "a job: it runs once" in job
    assert "  health      it ran once and ended well" in job
    old = replace(FOUND, containers=(replace(CONTAINER, current=False),), steps=())
    assert "made from another spec at 1a2b3c4" in why_text(old)
    assert "by no sync that is recorded" in why_text(old)


def test_what_is_given_up_comes_first_and_what_is_unknown_last() -> None:
    given_up = Quarantine(
        environment="production",
        revision=REVISION,
        reason="web ended with 7",
        since=NOW,
        serving=OLD_REVISION,
    )
    found = replace(FOUND, quarantine=given_up, notes=("the journal is gone",))
    lines = why_text(found, zone=UTC).splitlines()
    assert lines[1] == (
        "  quarantine  1a2b3c4 is in quarantine since 2027-01-15 08:00:00; what runs is 0d0d0d0"
    )
    assert lines[2].strip() == "web ended with 7"
    assert lines[-1] == "  unknown     the journal is gone"


def test_a_gate_tells_how_it_ended() -> None:
    result = GateResult(
        gate="smoke",
        phase=GatePhase.AFTER,
        environment="production",
        revision=REVISION,
        release=RELEASE,
        inputs="x",
        verdict=GateVerdict.FAILED,
        started_at=NOW,
        seconds=2.0,
        message="it ended with 1",
        log=("404",),
    )
    gate = Why(
        environment="production",
        service="smoke",
        origin=Origin.GATE,
        place="environments/base/compose.yaml:40",
        gate=Gate(phase=GatePhase.AFTER),
        gate_result=result,
    )
    text = why_text(gate, zone=UTC)
    assert text.startswith("smoke of production: failed\n")
    assert "  verdict     failed at 1a2b3c4, 2027-01-15 08:00:00: it ended with 1" in text
    assert "404" in text
    assert why_json(gate)["gate"]["verdict"] == "failed"  # type: ignore[index, call-overload] # JSON
    never = why_text(replace(gate, gate_result=None))
    assert "it never ran, or the journal was deleted" in never


def test_scripts_get_the_same_facts() -> None:
    document = json.loads(documents.document(why_json(FOUND)))
    assert document["introduced"]["decision"] == {
        "commit": REVISION,
        "author": "Bob",
        "at": NOW - 60,
        "subject": "Promote it",
        "what": "promotion",
        "release": RELEASE,
        "previous_release": OLD_REVISION,
    }
    (decision,) = document["decisions"]
    assert (decision["step"], decision["reason"]) == ("create web-1", "image changed")
    assert (decision["sync"]["id"], decision["sync"]["who"]) == (12, "Bob")
    assert document["containers"][0]["proven"] is True
    assert (document["since_healthy"], document["quarantine"], document["gate"]) == (None,) * 3

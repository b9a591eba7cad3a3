"""What speaks against a promotion, and what its commit says."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.delivery.promotion import (
    commit_message,
    judge_migrations,
    judge_source,
    judge_target,
    serving_since,
)
from sandbox.model.gate import GatePhase, GateResult, GateVerdict
from sandbox.model.promotion import (
    Migration,
    Move,
    Objection,
    ObjectionKind,
    Proposal,
    SourceFacts,
    TargetFacts,
)
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.status import Health, Suspension, SyncStatus

NOW = 1_800_000_000.0
RELEASE, REVISION, OLD = "a" * 40, "b" * 40, "c" * 40
SMOKE = GateResult(
    gate="smoke",
    phase=GatePhase.AFTER,
    environment="staging",
    revision=REVISION,
    release=RELEASE,
    inputs="1",
    image_id="sha256:1234",
    verdict=GateVerdict.PASSED,
    started_at=NOW - 60,
    seconds=1.0,
)
GOOD = SourceFacts(name="staging", revision=REVISION, applied=REVISION, gates=(SMOKE,))
FREE = TargetFacts(name="production", branch="main", parent=REVISION, head=REVISION)
REFUSED = Quarantine(
    environment="staging", revision=REVISION, reason="web ended", since=NOW, serving=OLD
)


def of_source(**facts: Any) -> list[Objection]:
    return list(judge_source(replace(GOOD, **facts), RELEASE, NOW))


def of_target(move: Move = Move.PROMOTE, **facts: Any) -> list[Objection]:
    return list(judge_target(replace(FREE, **facts), move))


def test_nothing_speaks_against_a_release_that_is_served_well() -> None:
    assert of_source() == []
    assert of_source(soak_s=60.0, serving_since=NOW - 60.0) == []
    assert of_target() == []


@pytest.mark.parametrize(
    ("facts", "kind", "words"),
    [
        (
            {"sync": SyncStatus.OUT_OF_SYNC, "applied": OLD},
            ObjectionKind.SOURCE_NOT_SYNCED,
            "staging is out of sync, not in sync with bbbbbbb",
        ),
        (
            {"sync": SyncStatus.UNKNOWN, "message": "no engine"},
            ObjectionKind.SOURCE_NOT_SYNCED,
            "staging is in an unknown state, not in sync with bbbbbbb: no engine",
        ),
        (
            {"sync": SyncStatus.OUT_OF_SYNC, "message": "web-1 was killed"},
            ObjectionKind.SOURCE_DRIFTED,
            "staging drifted from bbbbbbb: web-1 was killed",
        ),
        (
            {"health": Health.PROGRESSING},
            ObjectionKind.SOURCE_NOT_HEALTHY,
            "staging is progressing, not healthy",
        ),
        (
            {"quarantine": REFUSED, "sync": SyncStatus.OUT_OF_SYNC},
            ObjectionKind.SOURCE_QUARANTINED,
            "staging has bbbbbbb in quarantine: web ended",
        ),
        (
            {"soak_s": 600.0, "serving_since": NOW - 590.0},
            ObjectionKind.SOAKING,
            "staging has to serve aaaaaaa for 600 s, and has for 590 s",
        ),
        (
            {"soak_s": 600.0},
            ObjectionKind.SOAKING,
            "staging is not known to have served aaaaaaa at all",
        ),
        (
            {"missing_gates": ("unit-tests",)},
            ObjectionKind.GATE_MISSING,
            "gate unit-tests has not passed in staging for aaaaaaa",
        ),
        (
            {
                "missing_gates": ("smoke",),
                "gates": (replace(SMOKE, verdict=GateVerdict.FAILED, message="exit 1"),),
            },
            ObjectionKind.GATE_FAILED,
            "gate smoke failed in staging for aaaaaaa: exit 1",
        ),
    ],
)
def test_each_fault_of_the_source_is_one_reason_with_a_remedy(
    facts: dict[str, Any], kind: ObjectionKind, words: str
) -> None:
    (found,) = of_source(**facts)

    assert (found.kind, found.message, found.final) == (kind, words, False)
    assert "staging" in found.remedy or found.remedy == "wait another 10 s"


def test_all_reasons_are_told_and_not_the_first_alone() -> None:
    found = of_source(
        sync=SyncStatus.UNKNOWN,
        health=Health.UNKNOWN,
        soak_s=1.0,
        missing_gates=("purchase", "smoke"),
    )

    assert [each.kind for each in found] == [
        ObjectionKind.SOURCE_NOT_SYNCED,
        ObjectionKind.SOURCE_NOT_HEALTHY,
        ObjectionKind.SOAKING,
        ObjectionKind.GATE_MISSING,
        ObjectionKind.GATE_MISSING,
    ]


SUSPENDED = Suspension(
    environment="production", reason="a fair", since=NOW, until=NOW + 60, author="ada"
)


def test_a_suspension_is_told_with_reason_author_and_end() -> None:
    (found,) = of_target(suspension=SUSPENDED)

    assert found.kind is ObjectionKind.TARGET_SUSPENDED
    assert found.message == ("production is suspended by ada until 2027-01-15 08:01:00 UTC: a fair")
    assert found.remedy == "sandbox resume production"


@pytest.mark.parametrize("move", [Move.PIN, Move.UNPIN])
def test_a_suspension_does_not_keep_anybody_from_pinning(move: Move) -> None:
    assert of_target(move, suspension=SUSPENDED) == []


@pytest.mark.parametrize("move", Move)
def test_work_of_others_is_in_the_way_of_every_move_and_of_force(move: Move) -> None:
    (edited,) = of_target(move, conflict=(".env has a staged edit", "commit it"))
    (moved,) = of_target(move, head=OLD, conflict=("main has moved", "again"))

    assert (edited.kind, edited.final) == (ObjectionKind.EDITED, True)
    assert (moved.kind, moved.final) == (ObjectionKind.BRANCH_MOVED, True)
    assert moved.message == "main has moved from bbbbbbb to ccccccc while this was looked at"


def test_only_migrations_without_return_are_in_the_way() -> None:
    staying = (Migration(path="1.sql"), Migration(path="2.sql", irreversible=True))

    (found,) = judge_migrations(staying, "production", RELEASE)

    assert found.message.startswith("2.sql stays applied in production")
    assert not found.final


def sync(at: float, outcome: Outcome = Outcome.SUCCEEDED, release: str = RELEASE) -> SyncRecord:
    return SyncRecord(
        environment="staging",
        revision=REVISION,
        release=release,
        trigger=Trigger.COMMIT,
        started_at=at - 1,
        finished_at=at,
        outcome=outcome,
    )


@pytest.mark.parametrize(
    ("records", "since"),
    [
        ([], None),
        ([sync(5)], 5.0),
        ([sync(9), sync(5), sync(3, release=OLD), sync(1)], 5.0),
        ([sync(9), sync(7, Outcome.FAILED), sync(5)], 9.0),
        ([sync(9, Outcome.FAILED), sync(5)], None),
        ([sync(9, Outcome.ERRORED), sync(7, Outcome.ABORTED), sync(5)], 5.0),
        ([sync(9, release=OLD), sync(5)], None),
        ([sync(9, release="")], None),
    ],
)
def test_a_release_serves_since_the_last_failure_or_change(
    records: list[SyncRecord], since: float | None
) -> None:
    assert serving_since(records, RELEASE) == since


PROMOTE = Proposal(
    move=Move.PROMOTE,
    target=FREE,
    release=RELEASE,
    previous=OLD,
    subject="Sell tea",
    source=replace(GOOD, serving_since=NOW - 120),
    source_name="staging",
    path=".env",
    content=b"",
)


def test_a_promotion_cites_its_evidence() -> None:
    assert commit_message(PROMOTE) == (
        "Promote aaaaaaa to production\n"
        "\n"
        f"Release of staging: {RELEASE}\n"
        "Sell tea\n"
        f"Before: {OLD}\n"
        "\n"
        "Served by staging since 2027-01-15 07:58:00 UTC.\n"
        "Gate smoke: passed at 2027-01-15 07:59:00 UTC, image sha256:1234\n"
    )


def test_a_forced_one_says_why_and_in_spite_of_what() -> None:
    held = replace(PROMOTE, objections=tuple(of_source(missing_gates=("purchase",))))

    assert commit_message(held, "it is\nurgent").splitlines()[-3:] == [
        "",
        "Forced: it is urgent",
        "Overridden: gate purchase has not passed in staging for aaaaaaa",
    ]


@pytest.mark.parametrize(
    ("move", "release", "subject", "says"),
    [
        (Move.PIN, RELEASE, "Pin aaaaaaa on production", f"Release: {RELEASE}"),
        (Move.ROLLBACK, RELEASE, "Roll production back to aaaaaaa", "Stays applied: 1.sql"),
        (Move.UNPIN, "", "Unpin production", f"It follows main again, instead of {OLD}."),
    ],
)
def test_every_move_has_words_of_its_own(move: Move, release: str, subject: str, says: str) -> None:
    staying = (Migration(path="1.sql"),) if move is Move.ROLLBACK else ()
    proposal = replace(
        PROMOTE, move=move, release=release, source=None, source_name="", staying=staying
    )

    first, _, *body = commit_message(proposal).splitlines()

    assert first == subject
    assert says in body

"""Proposals and what became of them, as people and programs see them."""

from dataclasses import replace

from sandbox.model.plan import Plan
from sandbox.model.promotion import (
    Migration,
    Move,
    Objection,
    ObjectionKind,
    Promotion,
    Proposal,
    SourceFacts,
    TargetFacts,
)
from sandbox.render.promotion import (
    promotion_json,
    promotion_text,
    proposal_json,
    proposal_text,
)
from tests.delivery.test_promotion import SMOKE

RELEASE, COMMIT, OLD = "4b1c2d3" + "0" * 33, "9f8e7d6" + "0" * 33, "0" * 40
HELD = Objection(
    kind=ObjectionKind.GATE_MISSING, message="gate x has\x1b[2J not passed", remedy="run it"
)
PROPOSAL = Proposal(
    move=Move.PROMOTE,
    target=TargetFacts(name="production", branch="main", parent=COMMIT, head=COMMIT),
    release=RELEASE,
    subject="Sell tea",
    source=SourceFacts(name="staging", revision=COMMIT, gates=(SMOKE,)),
    source_name="staging",
    path=".env",
    content=b"",
    objections=(HELD,),
    plan=Plan(environment="production", revision=COMMIT, release=RELEASE),
)
BACK = replace(
    PROPOSAL,
    move=Move.ROLLBACK,
    source=None,
    source_name="",
    objections=(),
    origin="sync 7 went well with it",
    staying=(Migration(path="1.sql"), Migration(path="2.sql", irreversible=True)),
    plan=None,
    plan_problem="no engine answers",
)
DONE = Promotion(
    environment="production",
    move=Move.PROMOTE,
    source="staging",
    release=RELEASE,
    previous=OLD,
    commit=COMMIT,
    branch="main",
)


def test_a_proposal_is_its_aim_its_evidence_its_objections_and_its_plan() -> None:
    assert proposal_text(PROPOSAL).splitlines() == [
        "promote 4b1c2d3 of staging to production  Sell tea",
        "  gate smoke: passed",
        "  held  gate x has not passed  (run it)",
        "nothing to do: production is in sync with 9f8e7d6",
    ]


def test_a_rollback_says_what_it_does_not_undo() -> None:
    assert proposal_text(BACK).splitlines() == [
        "roll production back to 4b1c2d3  Sell tea",
        "  last good: sync 7 went well with it",
        "  stay applied: 1.sql",
        "  stay applied: 2.sql and cannot be reversed",
        "  no plan now: no engine answers",
    ]


def test_pinning_and_unpinning_say_what_it_comes_to() -> None:
    plain = replace(PROPOSAL, source=None, objections=(), plan=None, subject="")
    unpin = replace(plain, move=Move.UNPIN, release="", follows=RELEASE)

    assert proposal_text(replace(plain, move=Move.PIN)) == "pin 4b1c2d3 on production"
    assert proposal_text(unpin) == "unpin production, which then follows main: 4b1c2d3"


def test_what_was_done_names_the_commit() -> None:
    review = replace(DONE, branch="review", beside="main")
    unpinned = replace(DONE, move=Move.UNPIN, source="", pinned=False)

    assert promotion_text(DONE) == (
        "production is pinned to release 4b1c2d3 of staging (was 0000000)"
        " by commit 9f8e7d6 on main."
    )
    assert promotion_text(review) == (
        "production will be pinned to release 4b1c2d3 of staging (was 0000000)"
        " when commit 9f8e7d6 on review is merged into main."
    )
    assert promotion_text(unpinned) == (
        "production follows main again, at release 4b1c2d3, by commit 9f8e7d6 on main."
    )


def test_where_there_was_nothing_to_do_it_says_so() -> None:
    again = replace(DONE, commit="")

    assert promotion_text(again) == (
        "production is at release 4b1c2d3 of staging already; nothing was committed."
    )
    assert promotion_text(replace(again, source="", pinned=False)) == (
        "production follows main already, at release 4b1c2d3; nothing was committed."
    )


def test_programs_get_every_objection_and_the_plan() -> None:
    found = proposal_json(PROPOSAL)

    assert found["allowed"] is False
    assert found["objections"] == [
        {
            "kind": "gate_missing",
            "message": HELD.message,
            "remedy": "run it",
            "final": False,
        }
    ]
    assert found["plan"]["steps"] == []  # type: ignore[index,call-overload] # a document
    assert found["gates"] == [
        {
            "gate": "smoke",
            "verdict": "passed",
            "started_at": SMOKE.started_at,
            "image_id": "sha256:1234",
        }
    ]
    assert proposal_json(BACK)["staying"] == [
        {"path": "1.sql", "irreversible": False},
        {"path": "2.sql", "irreversible": True},
    ]
    assert promotion_json(DONE) == {
        "environment": "production",
        "release": RELEASE,
        "pinned": True,
        "previous": OLD,
        "commit": COMMIT,
        "branch": "main",
        "source": "staging",
        "changed": True,
    }

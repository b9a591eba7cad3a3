"""What is promoted, pinned and taken back, what is held and why, and what the commit says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import sandbox.runtime.proposal
from sandbox.errors import HeldError, NotFoundError, SourceError
from sandbox.model.event import EventKind
from sandbox.model.promotion import ObjectionKind
from sandbox.runtime import suspension
from sandbox.runtime.promoter import commit_proposal
from sandbox.runtime.proposal import (
    propose_pin,
    propose_promotion,
    propose_rollback,
    propose_unpin,
)
from sandbox.runtime.proven import source_facts
from tests.fakes.engine_objects import Behaviour
from tests.promotion_ground import (
    PINNED,
    PRODUCTION,
    PromotionGround,
    kinds,
    pinned,
    production,
    promotion_ground,
    staging,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.model.promotion import SourceFacts

pytestmark = pytest.mark.slow


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[PromotionGround]:
    for made in promotion_ground(tmp_path / "shop"):
        made.begin()
        yield made


# what is committed


def test_a_promotion_changes_one_line_and_cites_what_it_rests_on(ground: PromotionGround) -> None:
    release = ground.release("two")

    done = commit_proposal(ground.workspace, propose_promotion(ground.workspace, "production"))

    git = ground.disk.git
    assert (done.commit, done.release, done.previous) == (
        git("rev-parse", "main"),
        release,
        ground.first,
    )
    assert git("show", "--format=", "--numstat", done.commit) == f"1\t1\t{PINNED}"
    assert git("cat-file", "blob", f"main:{PINNED}") == pinned(release).rstrip("\n")
    subject, _, *body = git("log", "-1", "--format=%B").splitlines()
    assert subject == f"Promote {release[:7]} to production"
    assert f"Release of staging: {release}" in body
    assert "Say two" in body
    assert git("log", "-1", "--format=%an") == "A Developer"


def test_the_plan_that_is_shown_is_what_the_environment_then_does(ground: PromotionGround) -> None:
    ground.release("two")
    proposal = propose_promotion(ground.workspace, "production")
    assert proposal.plan is not None
    commit_proposal(ground.workspace, proposal)

    record = ground.sync("production")

    assert [step.id for step in proposal.plan.steps] == [step.step_id for step in record.steps]
    assert len(record.steps) > 3


def test_a_promotion_moves_exactly_the_image_that_was_tested_and_builds_nothing(
    ground: PromotionGround,
) -> None:
    ground.release("two")
    (tested,) = ground.image_ids("staging")
    ground.engine.calls.clear()

    ground.promote()

    assert ground.image_ids("production") == {tested}
    assert "build_image" not in {call.method for call in ground.engine.calls}
    assert ground.engine.calls


def test_a_second_promotion_of_the_same_release_changes_nothing(ground: PromotionGround) -> None:
    ground.release("two")
    ground.promote()
    head = ground.disk.git("rev-parse", "main")

    again = propose_promotion(ground.workspace, "production")

    assert not again.changed
    assert again.objections == ()
    assert commit_proposal(ground.workspace, again).commit == ""
    assert ground.disk.git("rev-parse", "main") == head


def test_unpinned_it_follows_its_branch_again(ground: PromotionGround) -> None:
    release = ground.release("two")

    done = commit_proposal(ground.workspace, propose_unpin(ground.workspace, "production"))

    assert (done.release, done.pinned, done.previous) == (release, False, ground.first)
    assert ground.disk.git("cat-file", "blob", f"main:{PINNED}") == pinned("").rstrip("\n")
    assert not propose_unpin(ground.workspace, "production").changed
    ground.sync("production")
    assert ground.image_ids("production") == ground.image_ids("staging")


def test_a_branch_for_review_gets_the_commit_and_nothing_else_moves(
    ground: PromotionGround,
) -> None:
    release = ground.release("two")
    head = ground.disk.git("rev-parse", "main")
    proposal = propose_promotion(ground.workspace, "production", beside="review/two")

    done = commit_proposal(ground.workspace, proposal)

    assert (done.branch, done.beside) == ("review/two", "main")
    assert ground.disk.git("rev-parse", "review/two", "review/two^", "main").splitlines() == [
        done.commit,
        head,
        head,
    ]
    assert f"RELEASE={release}" in ground.disk.git("cat-file", "blob", f"review/two:{PINNED}")
    again = propose_promotion(ground.workspace, "production", beside="review/two")
    assert commit_proposal(ground.workspace, again).commit == done.commit


def test_an_environment_that_does_not_read_its_release_cannot_be_pinned(
    ground: PromotionGround,
) -> None:
    with pytest.raises(SourceError, match="does not read its release"):
        propose_pin(ground.workspace, "staging", ground.first)


# what is held


def test_every_reason_is_told_at_once(ground: PromotionGround) -> None:
    ground.disk.commit("Say more", **{"app/page": "more"})
    suspension.suspend(ground.workspace, "production", reason="a fair", for_s=60.0)
    for container in tuple(ground.engine.containers):
        ground.engine.kill(container)
    ground.disk.write(PINNED, "RELEASE=mine\n")

    proposal = propose_promotion(ground.workspace, "production")

    assert kinds(proposal) == {
        ObjectionKind.SOURCE_NOT_SYNCED,
        ObjectionKind.SOURCE_NOT_HEALTHY,
        ObjectionKind.TARGET_SUSPENDED,
        ObjectionKind.EDITED,
    }
    assert all(each.remedy for each in proposal.objections)
    head = ground.disk.git("rev-parse", "main")
    with pytest.raises(HeldError) as caught:
        commit_proposal(ground.workspace, proposal)
    for each in proposal.objections:
        assert each.message in caught.value.message
        assert each.remedy in caught.value.message
    assert caught.value.exit_status == 4
    assert ground.disk.git("rev-parse", "main") == head


def test_what_is_in_quarantine_is_held_although_the_source_serves_well_again(
    ground: PromotionGround,
) -> None:
    ground.engine.behaviours["web"] = Behaviour(exit_code=1)
    bad = ground.release("two")
    ground.engine.behaviours.clear()
    ground.sync("production")
    back = propose_promotion(ground.workspace, "production")

    assert ground.workspace.journal.quarantined("staging") is not None
    assert back.release == bad
    (held,) = back.objections
    assert held.kind is ObjectionKind.SOURCE_QUARANTINED
    assert f"staging has {bad[:7]} in quarantine: " in held.message


def test_what_drifted_since_it_was_in_sync_is_called_so(ground: PromotionGround) -> None:
    ground.release("two")
    for each in tuple(ground.engine.containers.values()):
        if each.labels["dev.sandbox.environment"] == "staging":
            ground.engine.kill(each.id)

    proposal = propose_promotion(ground.workspace, "production")

    assert kinds(proposal) == {ObjectionKind.SOURCE_DRIFTED, ObjectionKind.SOURCE_NOT_HEALTHY}


def test_without_an_engine_nothing_is_known_of_the_source_and_a_rollback_is_possible(
    ground: PromotionGround,
) -> None:
    ground.release("two")
    ground.promote()
    ground.release("three")
    ground.engine.gone = True

    proposal = propose_promotion(ground.workspace, "production")
    back = propose_rollback(ground.workspace, "production")

    assert kinds(proposal) == {ObjectionKind.SOURCE_NOT_SYNCED, ObjectionKind.SOURCE_NOT_HEALTHY}
    assert back.plan is None
    assert "does not answer" in back.plan_problem
    assert commit_proposal(ground.workspace, back).release == ground.first


def test_a_release_has_to_be_served_for_its_time(ground: PromotionGround) -> None:
    source = "{environment: staging, soak: 10m}"
    ground.disk.commit("Wait", **{PRODUCTION: production(source)})
    ground.release("two")
    ground.clock.advance(599.0)
    assert kinds(propose_promotion(ground.workspace, "production")) == {ObjectionKind.SOAKING}

    ground.clock.advance(1.0)

    assert kinds(propose_promotion(ground.workspace, "production")) == set()


GATE = """\
  check:
    image: debian:trixie-slim
    profiles: [gate]
    x-sandbox: {gate: after}
"""


def test_a_gate_that_failed_is_named_and_one_that_passed_is_cited(
    ground: PromotionGround,
) -> None:
    ground.engine.behaviours["check"] = Behaviour(exit_code=1, log=("no tea",))
    bad = ground.release("two", **{"environments/staging/compose.yaml": staging() + GATE})
    held = propose_promotion(ground.workspace, "production")

    assert ObjectionKind.GATE_FAILED in kinds(held)
    with pytest.raises(HeldError, match=f"gate check failed in staging for {bad[:7]}"):
        commit_proposal(ground.workspace, held)

    ground.engine.behaviours["check"] = Behaviour(exit_code=0)
    ground.release("three")
    proposal = propose_promotion(ground.workspace, "production")

    assert kinds(proposal) == set()
    commit_proposal(ground.workspace, proposal)
    assert "Gate check: passed at 20" in ground.disk.git("log", "-1", "--format=%B")


def test_a_gate_that_never_ran_is_named(ground: PromotionGround) -> None:
    ground.disk.commit(
        "Check", **{"app/page": "two", "environments/staging/compose.yaml": staging() + GATE}
    )

    proposal = propose_promotion(ground.workspace, "production")

    assert ObjectionKind.GATE_MISSING in kinds(proposal)


def test_the_verdict_is_of_the_commit_whose_release_is_promoted(
    ground: PromotionGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was deployed before says nothing of a release, also when its branch is moved back."""
    deployed = ground.release("two")
    ground.disk.commit("Say three", **{"app/page": "three"})

    def look_after_a_reset(*args: Any, **given: Any) -> SourceFacts:
        ground.disk.git("update-ref", "refs/heads/main", deployed)
        return source_facts(*args, **given)

    monkeypatch.setattr(sandbox.runtime.proposal, "source_facts", look_after_a_reset)
    proposal = propose_promotion(ground.workspace, "production")

    assert proposal.release != deployed
    assert ObjectionKind.SOURCE_NOT_SYNCED in kinds(proposal)


def test_force_overrides_what_may_be_and_the_commit_and_an_event_tell_it(
    ground: PromotionGround,
) -> None:
    release = ground.disk.commit("Say two", **{"app/page": "two"})
    proposal = propose_promotion(ground.workspace, "production")
    assert kinds(proposal) == {ObjectionKind.SOURCE_NOT_SYNCED}

    done = commit_proposal(ground.workspace, proposal, reason="the shop\nburns")

    message = ground.disk.git("log", "-1", "--format=%B")
    assert "Forced: the shop burns" in message
    assert f"Overridden: {proposal.objections[0].message}" in message
    ((_, event),) = ground.workspace.journal.events(limit=1)
    assert (event.kind, event.revision) == (EventKind.PROMOTED, done.commit)
    assert f"Promote {release[:7]} to production" in event.message
    assert "the shop" in event.message


# where it goes back to


def test_each_rollback_goes_one_step_further_back(ground: PromotionGround) -> None:
    two = ground.release("two")
    ground.promote()
    ground.release("three")
    ground.promote()
    found: list[str] = []

    for _ in range(2):
        proposal = propose_rollback(ground.workspace, "production")
        found.append(commit_proposal(ground.workspace, proposal).release)
        ground.engine.calls.clear()
        ground.sync("production")
        assert "build_image" not in {call.method for call in ground.engine.calls}

    assert found == [two, ground.first]


def test_without_a_journal_git_tells_what_was_pinned_before(ground: PromotionGround) -> None:
    ground.release("two")
    ground.promote()
    state = ground.disk.git_dir / "sandbox"
    for file in state.glob("journal*"):
        file.unlink()
    workspace = ground.open(ground.disk.top)
    assert workspace.journal.syncs("production") == ()

    proposal = propose_rollback(workspace, "production")

    assert proposal.release == ground.first
    assert "asked for it" in proposal.origin


def test_a_release_that_never_went_well_is_not_gone_back_to(ground: PromotionGround) -> None:
    two = ground.release("two")
    for propose in (propose_promotion, propose_rollback):
        commit_proposal(ground.workspace, propose(ground.workspace, "production"))
    assert two in ground.disk.git("log", "--format=%B")

    # The journal was there when it was pinned, and knows of no sync that brought it up.
    with pytest.raises(NotFoundError, match="no earlier release"):
        propose_rollback(ground.workspace, "production")


def test_where_nothing_was_before_a_rollback_asks_for_a_release(ground: PromotionGround) -> None:
    with pytest.raises(NotFoundError, match="no earlier release") as caught:
        propose_rollback(ground.workspace, "production")

    assert "--to REV" in caught.value.remedy


def test_any_release_can_be_gone_back_to(ground: PromotionGround) -> None:
    skipped = ground.release("two")
    ground.release("three")
    ground.promote()

    proposal = propose_rollback(ground.workspace, "production", skipped[:10])

    assert commit_proposal(ground.workspace, proposal).release == skipped
    assert ground.disk.git("log", "-1", "--format=%s") == (f"Roll production back to {skipped[:7]}")


def test_a_rollback_says_which_migrations_stay_and_stops_at_one_without_return(
    ground: PromotionGround,
) -> None:
    ground.release("two", **{"app/sql/1.sql": "CREATE TABLE a ();\n"})
    ground.promote()
    assert kinds(propose_rollback(ground.workspace, "production")) == set()
    ground.release("three", **{"app/sql/2.sql": "-- irreversible: prices\nDROP TABLE a;\n"})
    ground.promote()

    proposal = propose_rollback(ground.workspace, "production", ground.first)

    assert [(each.path, each.irreversible) for each in proposal.staying] == [
        ("app/sql/1.sql", False),
        ("app/sql/2.sql", True),
    ]
    assert kinds(proposal) == {ObjectionKind.IRREVERSIBLE}
    with pytest.raises(HeldError, match=r"app/sql/2\.sql stays applied"):
        commit_proposal(ground.workspace, proposal)
    done = commit_proposal(ground.workspace, proposal, reason="it only drops a copy")
    assert done.release == ground.first

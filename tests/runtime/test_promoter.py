"""Promotions, pins and rollbacks as commits: right ones or refusals, and nobody's edit is lost."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from sandbox.errors import ConflictError, HeldError, NotFoundError, SourceError
from sandbox.model.event import EventKind
from sandbox.model.promotion import Move, ObjectionKind, Proposal
from sandbox.runtime import suspension
from sandbox.runtime.promoter import commit_proposal
from sandbox.runtime.proposal import (
    propose_pin,
    propose_promotion,
    propose_rollback,
    propose_unpin,
)
from tests.fakes.engine_objects import Behaviour
from tests.promotion_ground import (
    PINNED,
    PRODUCTION,
    PromotionGround,
    pinned,
    production,
    promotion_ground,
    staging,
)
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.runtime.workspace import Workspace


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[PromotionGround]:
    for made in promotion_ground(tmp_path / "shop"):
        made.begin()
        yield made


def kinds(proposal: Proposal) -> set[ObjectionKind]:
    return {each.kind for each in proposal.objections}


def promote(ground: PromotionGround) -> Proposal:
    proposal = propose_promotion(ground.workspace, "production")
    commit_proposal(ground.workspace, proposal)
    ground.sync("production")
    return proposal


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

    promote(ground)

    assert ground.image_ids("production") == {tested}
    assert "build_image" not in {call.method for call in ground.engine.calls}
    assert ground.engine.calls


def test_a_second_promotion_of_the_same_release_changes_nothing(ground: PromotionGround) -> None:
    ground.release("two")
    promote(ground)
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
    assert f"staging gave {bad[:7]} up: " in held.message


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
    promote(ground)
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
    promote(ground)
    ground.release("three")
    promote(ground)
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
    promote(ground)
    state = ground.disk.git_dir / "sandbox"
    for file in state.glob("journal*"):
        file.unlink()
    workspace = ground.open(ground.disk.top)
    assert workspace.journal.syncs("production") == ()

    proposal = propose_rollback(workspace, "production")

    assert proposal.release == ground.first
    assert "asked for it" in proposal.origin


def test_where_nothing_was_before_a_rollback_asks_for_a_release(ground: PromotionGround) -> None:
    with pytest.raises(NotFoundError, match="no earlier release") as caught:
        propose_rollback(ground.workspace, "production")

    assert "--to REV" in caught.value.remedy


def test_any_release_can_be_gone_back_to(ground: PromotionGround) -> None:
    skipped = ground.release("two")
    ground.release("three")
    promote(ground)

    proposal = propose_rollback(ground.workspace, "production", skipped[:10])

    assert commit_proposal(ground.workspace, proposal).release == skipped
    assert ground.disk.git("log", "-1", "--format=%s") == (f"Roll production back to {skipped[:7]}")


def test_a_rollback_says_which_migrations_stay_and_stops_at_one_without_return(
    ground: PromotionGround,
) -> None:
    ground.release("two", **{"app/sql/1.sql": "CREATE TABLE a ();\n"})
    promote(ground)
    assert kinds(propose_rollback(ground.workspace, "production")) == set()
    ground.release("three", **{"app/sql/2.sql": "-- irreversible: prices\nDROP TABLE a;\n"})
    promote(ground)

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


# beside the work of others

MOVES: dict[Move, Callable[[Workspace], Proposal]] = {
    Move.PROMOTE: lambda workspace: propose_promotion(workspace, "production"),
    Move.PIN: lambda workspace: propose_pin(workspace, "production", "HEAD^"),
    Move.UNPIN: lambda workspace: propose_unpin(workspace, "production"),
    Move.ROLLBACK: lambda workspace: propose_rollback(workspace, "production"),
}


class Picture:
    """All that a commit of ours might spoil in one work tree."""

    def __init__(self, disk: DiskRepository) -> None:
        self.status = disk.git("status", "--porcelain=v2", "--untracked-files=all")
        self.entries = set(disk.git("ls-files", "--stage").splitlines())
        self.head = disk.git("rev-parse", "--symbolic-full-name", "HEAD")
        self.files = {
            str(place.relative_to(disk.top)): hashlib.sha256(place.read_bytes()).hexdigest()
            for place in disk.top.rglob("*")
            if place.is_file() and ".git" not in place.relative_to(disk.top).parts
        }


def settled(ground: PromotionGround) -> None:
    """Production has a release before its own, and staging has a newer one."""
    ground.release("two")
    promote(ground)
    ground.release("three")


def clean(disk: DiskRepository) -> None:
    del disk


def dirty(disk: DiskRepository) -> None:
    disk.write("app/page", "staged\n")
    disk.git("add", "app/page")
    disk.write("app/page", "staged, then edited\n")
    disk.write("environments/staging/compose.yaml", "edited\n")
    disk.write("environments/production/new", "untracked\n")
    disk.git("rm", "--quiet", "--cached", "app/Dockerfile")


def detached(disk: DiskRepository) -> None:
    disk.git("checkout", "--quiet", "--detach", "HEAD^")
    disk.write(PINNED, "RELEASE=mine\n")
    disk.git("add", PINNED)


def on_another_branch(disk: DiskRepository) -> None:
    disk.git("checkout", "--quiet", "-b", "feature", "HEAD^")
    disk.write(PINNED, "RELEASE=mine\n")


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize(
    ("arrange", "brought_along"),
    [(clean, True), (dirty, True), (detached, False), (on_another_branch, False)],
)
def test_the_commit_is_right_and_nothing_beside_it_changes(
    arrange: Callable[[DiskRepository], None],
    brought_along: bool,
    move: Move,
    ground: PromotionGround,
) -> None:
    settled(ground)
    head = ground.disk.git("rev-parse", "main")
    pin = head if move is Move.PIN else ""
    arrange(ground.disk)
    before = Picture(ground.disk)

    proposal = (
        propose_pin(ground.workspace, "production", pin) if pin else MOVES[move](ground.workspace)
    )
    done = commit_proposal(ground.workspace, proposal)

    after = Picture(ground.disk)
    assert ground.disk.git("rev-parse", "main", "main^").splitlines() == [done.commit, head]
    assert ground.disk.git("show", "--format=", "--numstat", "main") == f"1\t1\t{PINNED}"
    assert (after.status, after.head) == (before.status, before.head)
    changed = {PINNED} if brought_along else set[str]()
    assert {entry.split("\t")[1] for entry in before.entries ^ after.entries} == changed
    assert {
        path
        for path in before.files | after.files
        if before.files.get(path) != after.files.get(path)
    } == changed


def edited(disk: DiskRepository) -> None:
    disk.write(PINNED, "RELEASE=mine\n")


def staged(disk: DiskRepository) -> None:
    disk.write(PINNED, "RELEASE=mine\n")
    disk.git("add", PINNED)


def staged_and_put_back(disk: DiskRepository) -> None:
    text = (disk.top / PINNED).read_text()
    staged(disk)
    disk.write(PINNED, text)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("arrange", [edited, staged, staged_and_put_back])
def test_an_edit_of_the_file_itself_is_never_overwritten_not_even_by_force(
    arrange: Callable[[DiskRepository], None], move: Move, ground: PromotionGround
) -> None:
    settled(ground)
    head = ground.disk.git("rev-parse", "main")
    arrange(ground.disk)
    before = Picture(ground.disk)

    proposal = MOVES[move](ground.workspace)

    assert kinds(proposal) == {ObjectionKind.EDITED}
    with pytest.raises(HeldError, match="edit in"):
        commit_proposal(ground.workspace, proposal, reason="no matter what")
    assert ground.disk.git("rev-parse", "main") == head
    assert vars(Picture(ground.disk)) == vars(before)


@pytest.mark.parametrize("move", MOVES)
def test_an_edit_between_look_and_commit_is_not_lost(move: Move, ground: PromotionGround) -> None:
    settled(ground)
    head = ground.disk.git("rev-parse", "main")
    proposal = MOVES[move](ground.workspace)
    edited(ground.disk)
    before = Picture(ground.disk)

    with pytest.raises(ConflictError, match="uncommitted edit"):
        commit_proposal(ground.workspace, proposal, reason="no matter what")

    assert ground.disk.git("rev-parse", "main") == head
    assert vars(Picture(ground.disk)) == vars(before)


@pytest.mark.parametrize("move", MOVES)
def test_a_commit_between_look_and_commit_wins(move: Move, ground: PromotionGround) -> None:
    settled(ground)
    proposal = MOVES[move](ground.workspace)
    theirs = ground.disk.commit("Somebody else", notes="theirs")
    before = Picture(ground.disk)

    with pytest.raises(ConflictError, match="main has moved") as caught:
        commit_proposal(ground.workspace, proposal, reason="no matter what")

    assert caught.value.remedy == "run the command again"
    assert ground.disk.git("rev-parse", "main") == theirs
    assert vars(Picture(ground.disk)) == vars(before)


def test_a_commit_while_it_is_looked_at_is_a_reason_of_its_own(
    ground: PromotionGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(ground)
    observe = ground.engine.observe
    theirs: list[str] = []

    def observe_after_a_commit(*arguments: object) -> object:
        if not theirs:
            theirs.append(ground.disk.commit("Somebody else", notes="theirs"))
        return observe(*arguments)  # type: ignore[arg-type] # passed on as they are

    monkeypatch.setattr(ground.engine, "observe", observe_after_a_commit)

    proposal = propose_promotion(ground.workspace, "production")

    assert kinds(proposal) == {ObjectionKind.BRANCH_MOVED}
    with pytest.raises(HeldError, match="main has moved"):
        commit_proposal(ground.workspace, proposal, reason="no matter what")
    assert ground.disk.git("rev-parse", "main") == theirs[0]


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("asked_in", ["the main one", "the linked one"])
def test_of_linked_work_trees_the_one_with_the_branch_is_brought_along(
    asked_in: str, move: Move, ground: PromotionGround, tmp_path: Path
) -> None:
    settled(ground)
    head = ground.disk.git("rev-parse", "main")
    ground.disk.git("checkout", "--quiet", "-b", "feature")
    ground.disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    linked = DiskRepository(tmp_path / "linked")
    dirty(linked)
    ground.disk.write(PINNED, "RELEASE=mine\n")
    before, before_linked = Picture(ground.disk), Picture(linked)
    top = linked.top if asked_in == "the linked one" else ground.disk.top

    proposal = MOVES[move](ground.open(top))
    done = commit_proposal(ground.workspace, proposal)

    after_linked = Picture(linked)
    assert linked.git("rev-parse", "main", "main^").splitlines() == [done.commit, head]
    assert vars(Picture(ground.disk)) == vars(before)
    assert after_linked.status == before_linked.status
    assert (linked.top / PINNED).read_bytes() == proposal.content


@pytest.mark.parametrize("move", MOVES)
def test_a_bare_repository_takes_the_commit(
    move: Move, ground: PromotionGround, tmp_path: Path
) -> None:
    settled(ground)
    ground.disk.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = DiskRepository(tmp_path / "bare.git")
    workspace = ground.open(bare.top)
    for environment in ("staging", "production"):
        ground.sync(environment, workspace)
    head = bare.git("rev-parse", "main")

    done = commit_proposal(workspace, MOVES[move](workspace))

    assert bare.git("rev-parse", "main", "main^").splitlines() == [done.commit, head]
    assert bare.git("show", "--format=", "--numstat", "main") == f"1\t1\t{PINNED}"

"""Commits beside the work of others: right ones or clear refusals, and nobody's edit is lost."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import ConflictError, HeldError
from sandbox.model.promotion import Move, ObjectionKind, Promotion, Proposal
from sandbox.runtime.promoter import commit_proposal, look_and_commit
from sandbox.runtime.proposal import (
    propose_pin,
    propose_promotion,
    propose_rollback,
    propose_unpin,
)
from tests.promotion_ground import (
    PINNED,
    PromotionGround,
    kinds,
    promotion_ground,
)
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.runtime.workspace import Workspace


pytestmark = pytest.mark.slow


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[PromotionGround]:
    for made in promotion_ground(tmp_path / "shop"):
        made.begin()
        yield made


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
    ground.promote()
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


@pytest.mark.parametrize("move", MOVES)
def test_a_commit_while_it_is_looked_at_is_looked_at_too(
    move: Move, ground: PromotionGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(ground)
    commits = iter(["between look and commit", "while it is looked at"])
    theirs: list[str] = []
    propose, conflict = MOVES[move], type(ground.workspace.repository).commit_conflict

    def interfere() -> None:
        for message in commits:
            theirs.append(ground.disk.commit(message, notes=message))
            return

    def during_a_commit(*given: Any, **named: Any) -> ConflictError | None:
        if theirs:
            interfere()
        return conflict(*given, **named)

    def before_a_commit(proposal: Proposal) -> Promotion:
        interfere()
        return commit_proposal(ground.workspace, proposal)

    monkeypatch.setattr(type(ground.workspace.repository), "commit_conflict", during_a_commit)

    done = look_and_commit(lambda: propose(ground.workspace), before_a_commit)

    assert len(theirs) == 2
    assert ground.disk.git("rev-parse", f"{done.commit}^") == theirs[-1]
    assert ground.disk.git("status", "--porcelain") == ""

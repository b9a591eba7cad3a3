import multiprocessing
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.adapters.git_repository import GitRepository, locks, open_repository, swap
from sandbox.adapters.git_repository.checkout import Checkout
from sandbox.adapters.git_repository.locks import IndexLock
from sandbox.adapters.git_repository.ref_change import RefChange
from sandbox.errors import ConflictError, MovedError, SourceError
from tests.repositories import DiskRepository, snapshot

pytestmark = pytest.mark.slow

Open = Callable[[Path], GitRepository]
PATH = "environments/production/.env"


@pytest.fixture
def parent(disk: DiskRepository) -> str:
    return disk.commit(**{PATH: "RELEASE=old\n", "web/app.py": "1\n", "notes": "1\n"})


def promote(repository: GitRepository, parent: str, **changes: Any) -> str:
    given: dict[str, Any] = {
        "branch": "main",
        "path": PATH,
        "content": b"RELEASE=new\n",
        "message": "Promote\n\nBecause staging proved it.",
        "parent": parent,
    }
    return repository.commit_file(**{**given, **changes})


def test_one_file_changes_and_nothing_else(disk: DiskRepository, opened: Open, parent: str) -> None:
    made = promote(opened(disk.top), parent)

    assert disk.git("rev-parse", "main") == made
    assert disk.git("rev-parse", f"{made}^") == parent
    assert disk.git("diff", "--name-status", parent, made) == f"M\t{PATH}"
    assert disk.git("cat-file", "blob", f"{made}:{PATH}") == "RELEASE=new\n".strip()
    assert disk.git("log", "-1", "--format=%B") == "Promote\n\nBecause staging proved it.\n"
    assert disk.git("log", "-1", "--format=%an <%ae> %cn") == (
        "A Developer <developer@example.org> A Developer"
    )


def test_a_branch_that_is_checked_out_is_clean_afterwards(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    promote(opened(disk.top), parent)

    assert (disk.top / PATH).read_text() == "RELEASE=new\n"
    assert disk.git("status", "--porcelain") == ""


def test_other_edits_stay_as_they_are(disk: DiskRepository, opened: Open, parent: str) -> None:
    disk.write("web/app.py", "staged\n")
    disk.git("add", "web/app.py")
    disk.write("web/app.py", "staged, then edited\n")
    disk.write("notes", "edited\n")
    disk.write("new", "untracked\n")
    before = disk.git("status", "--porcelain")

    promote(opened(disk.top), parent)

    assert disk.git("status", "--porcelain") == before
    assert disk.git("cat-file", "blob", ":web/app.py") == "staged"
    assert (disk.top / "web/app.py").read_text() == "staged, then edited\n"
    assert (disk.top / "notes").read_text() == "edited\n"


def test_a_branch_that_is_not_checked_out_moves_without_touching_the_work_tree(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    disk.git("checkout", "--quiet", "-b", "feature")
    disk.write(PATH, "my own edit\n")
    disk.git("add", PATH)

    made = promote(opened(disk.top), parent)

    assert disk.git("rev-parse", "main") == made
    assert disk.git("rev-parse", "HEAD") == parent
    assert disk.git("cat-file", "blob", f":{PATH}") == "my own edit"
    assert (disk.top / PATH).read_text() == "my own edit\n"


def test_a_bare_repository_takes_commits(
    disk: DiskRepository, opened: Open, parent: str, tmp_path: Path
) -> None:
    disk.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))

    made = promote(opened(tmp_path / "bare.git"), parent)

    assert opened(tmp_path / "bare.git").resolve("main") == made


@pytest.mark.parametrize("asked", ["shop", "linked"])
def test_a_linked_work_tree_that_has_the_branch_is_brought_along(
    asked: str, disk: DiskRepository, opened: Open, parent: str, tmp_path: Path
) -> None:
    disk.git("checkout", "--quiet", "-b", "feature")
    disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    linked = DiskRepository(tmp_path / "linked")

    promote(opened(tmp_path / asked), parent)

    assert (linked.top / PATH).read_text() == "RELEASE=new\n"
    assert (disk.top / PATH).read_text() == "RELEASE=old\n"
    assert linked.git("status", "--porcelain") == disk.git("status", "--porcelain") == ""


def test_a_linked_work_tree_whose_folder_is_gone_is_no_hindrance(
    disk: DiskRepository, opened: Open, parent: str, tmp_path: Path
) -> None:
    disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    for place in sorted((tmp_path / "linked").rglob("*"), reverse=True):
        place.unlink() if place.is_file() else place.rmdir()
    assert disk.git("rev-parse", "main") == parent

    made = promote(opened(disk.top), parent)

    assert disk.git("rev-parse", "main") == made


def test_the_mode_and_the_rights_of_the_file_stay(disk: DiskRepository, opened: Open) -> None:
    disk.write("run.sh", "1\n", executable=True)
    parent = disk.commit()
    (disk.top / "run.sh").chmod(0o700)

    made = promote(opened(disk.top), parent, path="run.sh", content=b"2\n")

    assert disk.git("ls-tree", made, "run.sh").startswith("100755 ")
    assert (disk.top / "run.sh").stat().st_mode & 0o777 == 0o700
    assert disk.git("status", "--porcelain") == ""


def test_a_new_file_in_a_new_folder_is_committed(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    made = promote(opened(disk.top), parent, path="environments/new/sub/.env")

    assert disk.git("diff", "--name-status", parent, made) == "A\tenvironments/new/sub/.env"
    assert (disk.top / "environments/new/sub/.env").read_text() == "RELEASE=new\n"
    assert disk.git("status", "--porcelain") == ""


def test_line_ends_of_the_work_tree_stay_as_they_are(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    disk.git("config", "core.autocrlf", "true")
    disk.write(PATH, "RELEASE=old\r\n")

    made = promote(opened(disk.top), parent)

    assert disk.git("cat-file", "-s", f"{made}:{PATH}") == "12"
    assert (disk.top / PATH).read_bytes() == b"RELEASE=new\r\n"
    assert disk.git("status", "--porcelain") == ""


def test_a_file_that_has_the_content_already_makes_no_commit(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    before = snapshot(disk.top)

    assert promote(opened(disk.top), parent, content=b"RELEASE=old\n") == parent
    assert snapshot(disk.top) == before


def edited(disk: DiskRepository) -> None:
    disk.write(PATH, "RELEASE=mine\n")


def staged(disk: DiskRepository) -> None:
    disk.write(PATH, "RELEASE=mine\n")
    disk.git("add", PATH)
    disk.write(PATH, "RELEASE=old\n")


def deleted(disk: DiskRepository) -> None:
    (disk.top / PATH).unlink()


def unstaged(disk: DiskRepository) -> None:
    disk.git("rm", "--quiet", "--cached", PATH)


def locked(disk: DiskRepository) -> None:
    (disk.git_dir / "index.lock").write_text("")


def linked_away(disk: DiskRepository) -> None:
    (disk.top / "environments").rename(disk.top.parent / "outside")
    (disk.top / "environments").symlink_to(disk.top.parent / "outside")


def rebased(disk: DiskRepository) -> None:
    disk.git("checkout", "--quiet", "--detach")
    (disk.git_dir / "rebase-merge").mkdir()
    (disk.git_dir / "rebase-merge/head-name").write_text("refs/heads/main\n")


def moved(disk: DiskRepository) -> None:
    disk.commit(notes="2\n")


@pytest.mark.parametrize(
    ("interfere", "words"),
    [
        (edited, "uncommitted edit"),
        (staged, "staged edit"),
        (deleted, "uncommitted edit"),
        (unstaged, "staged edit"),
        (locked, "another Git command"),
        (linked_away, "in the way"),
        (rebased, "being rebased"),
        (moved, "has moved"),
    ],
)
def test_where_somebody_is_at_work_nothing_is_written(
    interfere: Callable[[DiskRepository], None],
    words: str,
    disk: DiskRepository,
    opened: Open,
    parent: str,
) -> None:
    interfere(disk)
    before = snapshot(disk.top.parent)

    with pytest.raises(ConflictError, match=words) as caught:
        promote(opened(disk.top), parent)

    assert caught.value.remedy
    assert snapshot(disk.top.parent) == before


def test_a_ref_that_is_locked_puts_the_file_back(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    (disk.git_dir / "refs/heads/main.lock").write_text("")

    with pytest.raises(ConflictError, match="another Git command holds main"):
        promote(opened(disk.top), parent)

    (disk.git_dir / "refs/heads/main.lock").unlink()
    assert (disk.top / PATH).read_text() == "RELEASE=old\n"
    assert disk.git("rev-parse", "main") == parent
    assert disk.git("status", "--porcelain") == ""


def test_a_commit_that_comes_first_wins_the_race(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = RefChange.__enter__

    def after_another_commit(change: RefChange) -> RefChange:
        other = disk.git("commit-tree", "-p", parent, "-m", "other", f"{parent}^{{tree}}")
        disk.git("update-ref", "refs/heads/main", other)
        return prepare(change)

    monkeypatch.setattr(RefChange, "__enter__", after_another_commit)

    with pytest.raises(MovedError, match="has moved meanwhile"):
        promote(opened(disk.top), parent)

    assert disk.git("log", "-1", "--format=%s", "main") == "other"
    assert (disk.top / PATH).read_text() == "RELEASE=old\n"
    assert disk.git("status", "--porcelain") == ""


@pytest.mark.parametrize("got_as_far_as", ["the work tree", "the index"])
def test_after_a_crash_the_next_try_finishes_the_work(
    got_as_far_as: str, disk: DiskRepository, opened: Open, parent: str
) -> None:
    disk.write(PATH, "RELEASE=new\n")
    if got_as_far_as == "the index":
        disk.git("add", PATH)

    made = promote(opened(disk.top), parent)

    assert disk.git("rev-parse", "main") == made
    assert disk.git("status", "--porcelain") == ""


def test_without_a_name_of_the_user_ours_is_used(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"):
        monkeypatch.delenv(f"GIT_{variable}")
    monkeypatch.delenv("EMAIL", raising=False)
    disk.git("config", "user.useConfigOnly", "true")
    repository = opened(disk.top)

    first = promote(repository, parent)
    disk.git("config", "user.name", "Configured")
    promote(repository, first, content=b"RELEASE=newer\n")

    assert disk.git("log", "-2", "--format=%an <%ae>, %cn <%ce>").splitlines() == [
        "Configured <sandbox@localhost>, Configured <sandbox@localhost>",
        "sandbox <sandbox@localhost>, sandbox <sandbox@localhost>",
    ]


@pytest.mark.parametrize("path", ["", ".git/config", "../x", "web", "web/app.py/x", "link"])
def test_what_is_no_file_is_refused(path: str, disk: DiskRepository, opened: Open) -> None:
    disk.write("web/app.py", "1\n")
    (disk.top / "link").symlink_to("web/app.py")
    parent = disk.commit()
    before = snapshot(disk.top)

    with pytest.raises(SourceError):
        promote(opened(disk.top), parent, path=path)
    assert snapshot(disk.top) == before


def test_a_branch_that_does_not_exist_is_refused(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    with pytest.raises(SourceError, match="no branch nope"):
        promote(opened(disk.top), parent, branch="nope")


@pytest.mark.parametrize(
    "interfere", [edited, staged, deleted, unstaged, locked, linked_away, rebased, moved]
)
def test_what_a_commit_would_refuse_is_told_beforehand_in_its_words(
    interfere: Callable[[DiskRepository], None], disk: DiskRepository, opened: Open, parent: str
) -> None:
    repository = opened(disk.top)
    content = b"RELEASE=new\n"
    assert (
        repository.commit_conflict(branch="main", path=PATH, content=content, parent=parent) is None
    )
    interfere(disk)
    before = snapshot(disk.top.parent)

    told = repository.commit_conflict(branch="main", path=PATH, content=content, parent=parent)

    assert snapshot(disk.top.parent) == before
    with pytest.raises(ConflictError) as caught:
        promote(repository, parent)
    assert told is not None
    assert (told.message, told.remedy) == (caught.value.message, caught.value.remedy)


def test_an_edit_that_comes_while_the_commit_is_made_is_not_lost(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_along = Checkout.bring_along

    def after_an_edit(checkout: Checkout, index: IndexLock) -> None:
        disk.write(PATH, "RELEASE=mine\n")
        bring_along(checkout, index)

    monkeypatch.setattr(Checkout, "bring_along", after_an_edit)

    with pytest.raises(ConflictError, match="was edited meanwhile"):
        promote(opened(disk.top), parent)

    assert (disk.top / PATH).read_text() == "RELEASE=mine\n"
    assert disk.git("cat-file", "blob", f":{PATH}") == "RELEASE=old"
    assert disk.git("rev-parse", "main") == parent


def test_a_lock_that_a_killed_process_of_ours_left_is_no_hindrance(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    (disk.git_dir / "index.lock").symlink_to("sandbox process 1")
    repository = opened(disk.top)
    content = b"RELEASE=new\n"

    assert (
        repository.commit_conflict(branch="main", path=PATH, content=content, parent=parent) is None
    )
    promote(repository, parent)

    assert disk.git("status", "--porcelain") == ""
    assert not (disk.git_dir / "index.lock").is_symlink()


def test_a_lock_that_is_left_is_removed_and_one_of_the_user_is_not(
    disk: DiskRepository, opened: Open, parent: str, tmp_path: Path
) -> None:
    disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side", parent)
    linked = DiskRepository(tmp_path / "linked")
    left, theirs = linked.git_dir / "index.lock", disk.git_dir / "index.lock"
    left.symlink_to("sandbox process 1")
    theirs.write_text("")

    opened(disk.top).remove_left_locks()

    assert not left.is_symlink()
    assert theirs.exists()


def test_a_commit_that_is_killed_anywhere_is_finished_by_the_next(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    repository = opened(disk.top)
    context = multiprocessing.get_context("fork")
    head, seen, whole_s = parent, set[bool](), 0.0
    for number in range(24):
        content = f"RELEASE={number}\n".encode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            killed = context.Process(target=commit_elsewhere, args=(disk.top, head, content))
            killed.start()
        began = time.monotonic()
        # The first one comes to its end, and tells how long that takes here.
        killed.join(whole_s * number / 20 if whole_s else None)
        whole_s = whole_s or time.monotonic() - began
        killed.kill()
        killed.join()
        repository.remove_left_locks()
        now = disk.git("rev-parse", "main")
        seen.add(now != head)

        head = promote(repository, now, content=content)

        assert disk.git("status", "--porcelain", "--untracked-files=all") == ""
        assert (disk.top / PATH).read_bytes() == content
        assert not list(disk.git_dir.glob("index?*"))
    assert seen == {True, False}, "none was killed in time, or none came to its end"


def commit_elsewhere(top: Path, parent: str, content: bytes) -> None:
    promote(open_repository(str(top)), parent, content=content)


def test_git_of_the_user_is_kept_out_while_the_file_comes_along(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_along = Checkout.bring_along

    def beside_the_user(checkout: Checkout, index: IndexLock) -> None:
        with pytest.raises(AssertionError, match=r"index.lock': File exists"):
            disk.git("commit", "-a", "-m", "mine")
        with pytest.raises(AssertionError, match=r"HEAD.lock': File exists"):
            disk.git("symbolic-ref", "HEAD", "refs/heads/other")
        bring_along(checkout, index)

    monkeypatch.setattr(Checkout, "bring_along", beside_the_user)

    made = promote(opened(disk.top), parent)

    assert disk.git("rev-parse", "main") == made
    assert disk.git("status", "--porcelain") == ""


def test_a_failure_at_the_end_puts_file_and_index_back(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: RefChange) -> None:
        raise SourceError("no space left")

    monkeypatch.setattr(RefChange, "commit", fail)
    index = (disk.git_dir / "index").read_bytes()

    with pytest.raises(SourceError, match="no space left"):
        promote(opened(disk.top), parent)

    assert (disk.top / PATH).read_text() == "RELEASE=old\n"
    assert (disk.git_dir / "index").read_bytes() == index
    assert disk.git("rev-parse", "main") == parent
    assert disk.git("status", "--porcelain", "--untracked-files=all") == ""


def test_an_edit_by_somebody_who_has_the_file_open_is_not_lost(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = (disk.top / PATH).open("ab")
    commit = RefChange.commit

    def while_an_editor_writes(change: RefChange) -> None:
        editor.write(b"MINE=1\n")
        editor.close()
        commit(change)

    monkeypatch.setattr(RefChange, "commit", while_an_editor_writes)

    made = promote(opened(disk.top), parent)

    assert (disk.top / PATH).read_text() == "RELEASE=old\nMINE=1\n"
    assert disk.git("rev-parse", "main") == made
    assert disk.git("status", "--porcelain", "--untracked-files=all") == f" M {PATH}"


def test_without_a_swap_in_one_step_the_file_is_replaced_all_the_same(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "EXCHANGE", -1)

    promote(opened(disk.top), parent)

    assert (disk.top / PATH).read_text() == "RELEASE=new\n"
    assert disk.git("status", "--porcelain", "--untracked-files=all") == ""


def test_commits_of_ours_wait_for_one_another(
    disk: DiskRepository, opened: Open, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TURN_S", 0.1)
    repository = opened(disk.top)

    with (
        locks.commit_turn(str(disk.git_dir)),
        pytest.raises(ConflictError, match="another sandbox command"),
    ):
        promote(repository, parent)

    assert promote(repository, parent) == disk.git("rev-parse", "main")


def beside(repository: GitRepository, parent: str, **changes: Any) -> str:
    given: dict[str, Any] = {
        "branch": "proposal",
        "beside": "main",
        "path": PATH,
        "content": b"RELEASE=new\n",
        "message": "Promote",
        "parent": parent,
    }
    return repository.commit_beside(**{**given, **changes})


def test_a_commit_beside_makes_a_branch_and_moves_nothing_else(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    edited(disk)
    refs = disk.git("for-each-ref")
    index, head = (disk.git_dir / "index").read_bytes(), disk.git("symbolic-ref", "HEAD")

    made = beside(opened(disk.top), parent)

    assert disk.git("for-each-ref", "refs/heads/main") == refs
    assert disk.git("rev-parse", "proposal", f"{made}^").splitlines() == [made, parent]
    assert disk.git("cat-file", "blob", f"{made}:{PATH}") == "RELEASE=new"
    assert (disk.git_dir / "index").read_bytes() == index
    assert disk.git("symbolic-ref", "HEAD") == head
    assert (disk.top / PATH).read_text() == "RELEASE=mine\n"


def test_a_branch_that_holds_exactly_that_is_left_as_it_is(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    repository = opened(disk.top)
    made = beside(repository, parent)

    assert beside(repository, parent, message="Another message") == made
    assert disk.git("rev-parse", "proposal") == made


@pytest.mark.parametrize("there", ["the parent", "another commit", "the same after another"])
def test_a_branch_that_holds_anything_else_is_refused(
    there: str, disk: DiskRepository, opened: Open, parent: str
) -> None:
    repository = opened(disk.top)
    if there == "the parent":
        disk.git("branch", "proposal")
    else:
        made = beside(repository, parent, content=b"RELEASE=other\n")
        if there == "the same after another":
            tree = disk.git("rev-parse", f"{beside(repository, parent, branch='x')}^{{tree}}")
            later = disk.git("commit-tree", "-p", made, "-m", "later", tree)
            disk.git("update-ref", "refs/heads/proposal", later)
    before = disk.git("rev-parse", "proposal")

    with pytest.raises(ConflictError, match="a branch proposal already") as caught:
        beside(repository, parent)

    assert "git branch -D proposal" in caught.value.remedy
    assert disk.git("rev-parse", "proposal") == before


def test_a_commit_beside_a_branch_that_moved_is_refused(
    disk: DiskRepository, opened: Open, parent: str
) -> None:
    moved(disk)

    with pytest.raises(ConflictError, match="main has moved"):
        beside(opened(disk.top), parent)

    assert disk.git("for-each-ref", "refs/heads/proposal") == ""


@pytest.mark.parametrize("name", ["", "-x", "a..b", "a b", "x.lock", "main/below"])
def test_what_can_be_no_branch_is_refused(
    name: str, disk: DiskRepository, opened: Open, parent: str
) -> None:
    refs = disk.git("for-each-ref")

    with pytest.raises(SourceError):
        beside(opened(disk.top), parent, branch=name)

    assert disk.git("for-each-ref") == refs

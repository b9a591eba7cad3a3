"""Nothing that a repository names is run on the host, and reading writes nothing in it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.errors import SourceError
from tests.repositories import DiskRepository, snapshot

Open = Callable[[Path], GitRepository]

HOOKS = ("reference-transaction", "post-index-change", "pre-commit", "post-commit", "post-checkout")


class Trap:
    """A program that leaves a mark when it is run."""

    def __init__(self, folder: Path) -> None:
        self.mark = folder / "mark"
        self.program = folder / "trap"
        self.program.write_text(f"#!/bin/sh\necho \"$0 $@\" >> '{self.mark}'\nexit 1\n")
        self.program.chmod(0o755)

    def sprung(self) -> bool:
        found = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return found


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


@pytest.fixture
def hostile(disk: DiskRepository, trap: Trap) -> DiskRepository:
    """A repository whose config, attributes and hooks name the trap wherever Git runs programs."""
    disk.write(".gitattributes", "* filter=evil diff=evil merge=evil\nnotes filter=e=v.il\n")
    disk.write("environments/staging/.env", "A=1\n")
    disk.write("web/app.py", "1\n")
    disk.write("notes", "1\n")
    disk.commit()
    for key in (
        "alias.cat-file",
        "core.askPass",
        "core.editor",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "credential.helper",
        "diff.evil.command",
        "diff.evil.textconv",
        "diff.external",
        "filter.evil.clean",
        "filter.evil.process",
        "filter.evil.smudge",
        "filter.e=v.il.clean",
        "gpg.program",
        "merge.evil.driver",
        "pager.cat-file",
        "pager.for-each-ref",
        "sequence.editor",
        "uploadpack.packObjectsHook",
    ):
        disk.git("config", key, str(trap.program))
    disk.git("config", "commit.gpgSign", "true")
    disk.git("config", "filter.evil.required", "true")
    (disk.git_dir / "hooks").mkdir(exist_ok=True)
    for hook in HOOKS:
        (disk.git_dir / "hooks" / hook).symlink_to(trap.program)
    # So that Git has to look at the content, which is when it runs filters.
    for path in ("web/app.py", "notes", ".gitattributes"):
        (disk.top / path).touch()
    trap.mark.unlink(missing_ok=True)
    return disk


@pytest.mark.parametrize(
    "command", [("status",), ("add", "notes"), ("diff",), ("update-ref", "refs/x", "HEAD")]
)
def test_the_trap_is_sprung_by_git_itself(
    command: tuple[str, ...], hostile: DiskRepository, trap: Trap
) -> None:
    hostile.git(*command, check=False)

    assert trap.sprung()


def read_everything(repository: GitRepository) -> None:
    commit = repository.resolve("main")
    assert commit
    folders = ("environments", "web")
    assert repository.refs() == {"main": commit}
    assert repository.resolve("nope") is None
    assert repository.commit_info(commit).id == commit
    assert repository.read_file(commit, "web/app.py") == b"1\n"
    assert len(repository.list_files(commit, "")) >= 3
    assert repository.tree_id(commit, "web")
    assert repository.archive(commit, "web")
    assert repository.last_change(commit, folders) == commit
    assert repository.worktree_files("environments")
    assert repository.ignored_edits(commit, folders) == ("environments/new", "web/app.py")


def test_reading_runs_nothing_and_writes_nothing(
    hostile: DiskRepository, trap: Trap, opened: Open
) -> None:
    hostile.write("environments/new", "1")
    hostile.write("web/app.py", "edited\n")
    before = snapshot(hostile.top)

    repository = opened(hostile.top)
    read_everything(repository)
    repository.close()

    assert not trap.sprung()
    assert snapshot(hostile.top) == before


def test_reading_writes_nothing_in_a_linked_work_tree(
    disk: DiskRepository, opened: Open, tmp_path: Path
) -> None:
    disk.commit(**{"environments/staging/.env": "A=1\n", "web/app.py": "1\n", "x": "1"})
    disk.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    linked = DiskRepository(tmp_path / "linked")
    linked.write("environments/new", "1")
    linked.write("web/app.py", "edited\n")
    before = snapshot(tmp_path)

    read_everything(opened(linked.top))

    assert snapshot(tmp_path) == before


def test_committing_runs_nothing(hostile: DiskRepository, trap: Trap, opened: Open) -> None:
    repository = opened(hostile.top)
    parent = repository.resolve("main")
    assert parent

    made = repository.commit_file(
        branch="main",
        path="environments/staging/.env",
        content=b"A=2\n",
        message="two",
        parent=parent,
    )

    assert repository.resolve("main") == made
    assert (hostile.top / "environments/staging/.env").read_text() == "A=2\n"
    assert not trap.sprung()


def test_an_object_that_a_partial_clone_lacks_is_not_fetched(
    disk: DiskRepository, trap: Trap, opened: Open
) -> None:
    commit = disk.commit(a="1")
    blob = disk.git("rev-parse", "HEAD:a")
    (disk.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.url": f"ext::{trap.program}",
        "remote.evil.promisor": "true",
        "remote.evil.partialCloneFilter": "blob:none",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        disk.git("config", key, value)
    disk.git("cat-file", "blob", blob, check=False)
    assert trap.sprung()

    with pytest.raises(SourceError, match=f"lacks the blob {blob}"):
        opened(disk.top).read_file(commit, "a")
    assert not trap.sprung()


def test_the_developers_own_git_is_still_fine_afterwards(
    disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(**{"environments/a": "1"})
    opened(disk.top).commit_file(
        branch="main", path="environments/a", content=b"2", message="two", parent=commit
    )

    checked = subprocess.run(
        ["git", "fsck", "--strict"], cwd=disk.top, capture_output=True, check=True
    )
    assert b"error" not in checked.stdout + checked.stderr
    assert disk.git("status", "--porcelain") == ""

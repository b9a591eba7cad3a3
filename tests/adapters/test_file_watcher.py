import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from sandbox.adapters.file_watcher import RefWatcher
from sandbox.adapters.git_repository import open_repository
from tests.repositories import DiskRepository

pytestmark = pytest.mark.slow

# Of a busy machine; a watch that works takes 20 ms.
SEEN_S = 5.0
QUIET_S = 0.15


class Watched:
    """A repository whose changes are counted."""

    def __init__(self, disk: DiskRepository) -> None:
        self.disk = disk
        self.woken = Event()
        self.notes: list[str] = []
        self.watcher = RefWatcher(str(disk.git_dir), self.notes.append)
        self.watcher.start(self.woken.set)

    def settle(self) -> None:
        """Let what was noticed so far pass."""
        while self.woken.wait(QUIET_S):
            self.woken.clear()


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    made = DiskRepository.make(tmp_path / "shop")
    made.commit(a="1")
    return made


@pytest.fixture
def watched(disk: DiskRepository) -> Iterator[Watched]:
    made = Watched(disk)
    made.settle()
    yield made
    made.watcher.stop()
    assert made.notes == []


CHANGES: dict[str, Callable[[DiskRepository], object]] = {
    "commit": lambda disk: disk.commit(a="2"),
    "new branch": lambda disk: disk.git("branch", "feature/deep/new"),
    "deleted branch": lambda disk: disk.git("branch", "-D", "old"),
    "packed refs": lambda disk: disk.git("pack-refs", "--all"),
    "switched branch": lambda disk: disk.git("checkout", "--quiet", "old"),
    "update-ref": lambda disk: disk.git("update-ref", "refs/heads/deep/old", "HEAD"),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_change_of_a_ref_wakes(change: str, disk: DiskRepository) -> None:
    disk.git("branch", "old")
    disk.git("branch", "deep/old")
    disk.git("update-ref", "refs/heads/deep/old", disk.commit(b="1"))
    disk.commit(c="1")
    watched = Watched(disk)
    watched.settle()

    CHANGES[change](disk)

    assert watched.woken.wait(SEEN_S)
    watched.watcher.stop()


def test_a_commit_on_a_branch_of_a_new_folder_wakes(watched: Watched) -> None:
    watched.disk.git("checkout", "--quiet", "-b", "feature/x")
    watched.settle()

    watched.disk.commit(a="2")

    assert watched.woken.wait(SEEN_S)


def test_a_commit_in_a_linked_work_tree_wakes(watched: Watched, tmp_path: Path) -> None:
    watched.disk.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    watched.settle()

    DiskRepository(tmp_path / "linked").commit(a="2")

    assert watched.woken.wait(SEEN_S)


def test_a_commit_is_seen_within_a_blink(watched: Watched) -> None:
    latencies: list[float] = []
    for number in range(3):
        watched.settle()
        tip = watched.disk.git("commit-tree", "-p", "main", "-m", str(number), "main^{tree}")
        watched.disk.git("update-ref", "refs/heads/main", tip)
        done = time.monotonic()
        assert watched.woken.wait(SEEN_S)
        latencies.append(time.monotonic() - done)

    assert min(latencies) < 0.1


def test_half_a_renaming_holds_nothing_back(watched: Watched, tmp_path: Path) -> None:
    watched.disk.git("branch", "other")
    watched.settle()

    began = time.monotonic()
    (watched.disk.git_dir / "refs/heads/other").rename(tmp_path / "other")
    assert watched.woken.wait(SEEN_S)

    assert time.monotonic() - began < 0.4


def test_what_is_no_ref_does_not_wake(watched: Watched) -> None:
    repository = open_repository(str(watched.disk.top))
    (watched.disk.git_dir / "sandbox").mkdir()

    watched.disk.write("b", "1")
    watched.disk.git("add", "b")
    watched.disk.git("status")
    (watched.disk.git_dir / "sandbox/journal.sqlite").write_text("x")
    (watched.disk.git_dir / "refs/heads/x.lock").write_text("x")
    (watched.disk.git_dir / "refs/heads/x.lock").unlink()
    for _ in range(3):
        repository.refs()
        repository.resolve("main")
    repository.close()

    assert not watched.woken.wait(QUIET_S)


def test_a_burst_wakes_few_times(watched: Watched) -> None:
    calls: list[float] = []
    watcher = RefWatcher(str(watched.disk.git_dir))
    watcher.start(lambda: calls.append(time.monotonic()))
    ids = [watched.disk.git("rev-parse", "HEAD"), watched.disk.commit(a="2")]
    stream = "".join(f"update refs/heads/b{n} {ids[n % 2]}\n" for n in range(200))
    watched.disk.git("update-ref", "--stdin", stdin=stream.encode())
    time.sleep(QUIET_S)
    watcher.stop()

    assert 1 <= len(calls) < 40


def test_after_the_stop_nothing_wakes(watched: Watched) -> None:
    watched.watcher.stop()
    watched.watcher.stop()

    watched.disk.commit(a="2")

    assert not watched.woken.wait(QUIET_S)


def test_a_watcher_that_never_started_can_be_stopped(tmp_path: Path) -> None:
    RefWatcher(str(tmp_path)).stop()


def test_where_nothing_can_be_watched_a_note_says_so_once(tmp_path: Path) -> None:
    notes: list[str] = []
    watcher = RefWatcher(str(tmp_path / "missing"), notes.append)

    watcher.start(lambda: None)
    watcher.stop()

    assert len(notes) == 1
    assert "polled" in notes[0]


def test_a_kernel_without_watches_left_costs_only_a_note(disk: DiskRepository) -> None:
    notes: list[str] = []
    watcher = RefWatcher(str(disk.git_dir), notes.append)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        watcher.start(lambda: None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    watcher.stop()

    assert len(notes) == 1

"""
Locks of a commit: one that all processes of ours share, and Git's own ``index.lock``.

``index.lock`` is made as Git makes it, exclusively, so that a command of the user's and ours
exclude each other. Ours is a link whose target names us: only the holder of the first lock makes
one, so it knows that a link which is there already was left by a process that was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import ConflictError

TURN_S: Final = 30.0
"""How long a commit waits for the commits of other processes of ours."""
GIT_S: Final = 5.0
"""How long it waits for a command of the user's."""
LOOK_S: Final = 0.01
DRAFT: Final = "index.sandbox-"
OURS: Final = "sandbox process "


@contextmanager
def commit_turn(common_dir: str, *, look: bool = False) -> Generator[None]:
    """
    Hold the lock of commits, which is on Git's folder itself: nothing is written for it.

    Args:
        look: Share it with others that only look.

    Raises:
        ConflictError: Others held it for 30 s.
    """
    descriptor = os.open(common_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    mode = fcntl.LOCK_SH if look else fcntl.LOCK_EX
    try:
        if not wait_until(lambda: _taken(descriptor, mode), TURN_S):
            raise ConflictError(
                f"another sandbox command has been committing for {TURN_S:.0f} s",
                remedy="wait for it to end, then run the command again",
            )
        yield
    finally:
        os.close(descriptor)


def await_git(git_dir: str) -> None:
    """`ConflictError` when a command of Git holds the index of *git_dir* for longer than 5 s."""
    if not wait_until(lambda: _is_free(index_lock(git_dir)), GIT_S):
        raise at_work(git_dir)


def index_lock(git_dir: str) -> Path:
    """Where Git locks the index of the work tree that *git_dir* belongs to."""
    return Path(git_dir, "index.lock")


def at_work(git_dir: str) -> ConflictError:
    """The refusal while somebody else holds the index of *git_dir*."""
    return ConflictError(
        "another Git command is at work in this repository",
        remedy=f"wait for it; if none runs, it left a file behind: rm {index_lock(git_dir)}",
    )


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    """Ask *condition* until it holds, for *limit_s* seconds at most; tell whether it did."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


def remove_left_locks(common_dir: str) -> None:
    """Remove each ``index.lock`` that a process of ours left which was killed."""
    folder = Path(common_dir)
    git_dirs = (folder, *folder.glob("worktrees/*"))
    locks = [index_lock(str(git_dir)) for git_dir in git_dirs]
    if not any(map(_is_left_by_us, locks)):
        return
    # In our turn nobody of us is at work: what is there still was left.
    with suppress(ConflictError, OSError), commit_turn(common_dir):
        for lock in filter(_is_left_by_us, locks):
            _remove_drafts(lock.parent)
            lock.unlink(missing_ok=True)


class IndexLock:
    """
    The lock on the index of one work tree; only for the holder of `commit_turn`.

    Args:
        program: Git in that work tree.
        git_dir: Git's folder of that work tree.
    """

    def __init__(self, program: GitProgram, git_dir: str) -> None:
        self._program = program
        self._index = Path(git_dir, "index")
        self._git_dir = git_dir
        self._before: Path | None = None

    def __enter__(self) -> Self:
        """Take it; `ConflictError` when somebody else holds it for longer than 5 s."""
        if not wait_until(self._take, GIT_S):
            raise at_work(self._git_dir)
        _remove_drafts(Path(self._git_dir))
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        if self._before:
            self._before.unlink(missing_ok=True)
        index_lock(self._git_dir).unlink(missing_ok=True)

    def update(self, *arguments: str) -> None:
        """Run ``git update-index`` on a copy of the index, and put it in place in one step."""
        descriptor, name = tempfile.mkstemp(prefix=DRAFT, dir=self._git_dir)
        os.close(descriptor)
        draft = Path(name)
        try:
            # With its time: Git tells by it which entries it has to compare by content.
            shutil.copy2(self._index, draft)
            self._program.within(self._program.folder, {"GIT_INDEX_FILE": name}).run(
                "update-index", *arguments
            )
            before = draft.with_name(f"{draft.name}.before")
            os.link(self._index, before)
            self._before = before
            draft.replace(self._index)
        finally:
            draft.unlink(missing_ok=True)

    def put_back(self) -> None:
        """Make the index what it was before `update`."""
        if self._before:
            self._before.replace(self._index)
            self._before = None

    def _take(self) -> bool:
        lock = index_lock(self._git_dir)
        if _is_left_by_us(lock):
            lock.unlink(missing_ok=True)
        try:
            lock.symlink_to(f"{OURS}{os.getpid()}")
        except FileExistsError:
            return False
        return True


def _remove_drafts(git_dir: Path) -> None:
    """Remove copies of the index that a killed process left; only for who holds its lock."""
    for left in git_dir.glob(f"{DRAFT}*"):
        left.unlink(missing_ok=True)


def _is_free(lock: Path) -> bool:
    return not os.path.lexists(lock) or _is_left_by_us(lock)


def _is_left_by_us(lock: Path) -> bool:
    with suppress(OSError):
        return lock.readlink().name.startswith(OURS)
    return False


def _taken(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

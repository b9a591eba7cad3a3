"""
Eight processes that commit releases, and a user who edits and commits, all at the same time.

The oracle shares nothing with the commands: it asks the ordinary ``git`` and looks at the files.
"""

from __future__ import annotations

import multiprocessing
import random
import time
import warnings
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from sandbox.errors import ConflictError, HeldError, NotFoundError
from sandbox.runtime.promoter import commit_proposal, look_and_commit
from sandbox.runtime.proposal import (
    propose_pin,
    propose_promotion,
    propose_rollback,
    propose_unpin,
)
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.promotion_ground import PINNED, PromotionGround
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.model.promotion import Proposal
    from sandbox.runtime.workspace import Workspace

TURN_S = 60.0
USER = "notes"
MOVES: tuple[Callable[[Workspace], Proposal], ...] = (
    lambda workspace: propose_pin(workspace, "production", "HEAD^"),
    lambda workspace: propose_unpin(workspace, "production"),
    lambda workspace: propose_promotion(workspace, "production"),
    lambda workspace: propose_rollback(workspace, "production"),
)


@dataclass(kw_only=True)
class Tally:
    """
    What came of all rounds.

    Attributes:
        outcomes: How often a command committed, found nothing to do, was held, or failed.
        faults: What must not be, each with its round; empty when all is well.
    """

    rounds: int = 0
    commits_of_user: int = 0
    edits_of_user: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        """On one line."""
        told = ", ".join(f"{number} {what}" for what, number in sorted(self.outcomes.items()))
        return (
            f"{self.rounds} rounds: {told}; the user committed {self.commits_of_user} times and "
            f"edited the file {self.edits_of_user} times; {len(self.faults)} faults"
        )


def race(top: Path, *, rounds: int, processes: int, seed: int = 1) -> Tally:
    """Run *rounds* in a new repository at *top*."""
    tally = Tally()
    with ExitStack() as stack:
        ground = PromotionGround(
            disk=DiskRepository.make(top), engine=FakeEngine(), clock=FakeClock(), stack=stack
        )
        ground.begin()
        ground.release("two")
        ground.promote()
        ground.release("three")
        context = multiprocessing.get_context("fork")
        crowd = [context.Pipe() for _ in range(processes)]
        for number, (_, theirs) in enumerate(crowd):
            worker = context.Process(target=_work, args=(ground, theirs, seed + number))
            with warnings.catch_warnings():
                # A test runner has threads; the child uses nothing of theirs.
                warnings.simplefilter("ignore", DeprecationWarning)
                worker.start()
            stack.callback(_end, worker)
        user = _User(ground.disk, random.Random(seed))
        for number in range(rounds):
            _round(number, user, [ours for ours, _ in crowd], tally)
        tally.commits_of_user = len(user.commits)
    return tally


def _end(worker: multiprocessing.process.BaseProcess) -> None:
    worker.kill()
    worker.join()


def _work(ground: PromotionGround, orders: Connection, seed: int) -> None:
    """One process: does a command for each order, and tells how it ended."""
    chance = random.Random(seed)
    workspace = ground.open(ground.disk.top)
    while orders.recv():
        orders.send(_command(workspace, chance.choice(MOVES)))


def _command(workspace: Workspace, move: Callable[[Workspace], Proposal]) -> str:
    try:
        promotion = look_and_commit(partial(move, workspace), partial(commit_proposal, workspace))
    except (HeldError, ConflictError) as error:
        held = any(words in error.message for words in ("uncommitted edit", "edited meanwhile"))
        return "held by an edit" if held else f"FAULT {error.message}"
    except NotFoundError:
        return "without an earlier release"
    except Exception as error:  # noqa: BLE001 - whatever it is, the tally tells it
        return f"FAULT {type(error).__name__}: {error}"
    return "commits" if promotion.commit else "with nothing to do"


class _User:
    """Works in the repository as people do: edits, stages, commits, and tries again."""

    def __init__(self, disk: DiskRepository, chance: random.Random) -> None:
        self.disk = disk
        self.chance = chance
        self.commits: list[str] = []
        self.staged = self.untracked = ""
        self.mine: bytes | None = None

    def begin(self, number: int) -> None:
        """Leave something uncommitted behind that the commands must not touch."""
        self.staged, self.untracked = f"staged {number}\n", f"untracked {number}\n"
        self.disk.write("staged", self.staged)
        self._git("add", "staged")
        self.disk.write("staged", f"edited {number}\n")
        self.disk.write("untracked", self.untracked)

    def commit(self, number: int) -> None:
        """Commit one file, leaving what is staged as it is."""
        text = f"note {number} {len(self.commits)}\n"
        self.disk.write(USER, text)
        self._git("add", USER)
        self._git("commit", "--quiet", "--only", "-m", text.strip(), "--", USER)
        self.commits.append(text.strip())

    def edit(self, number: int) -> None:
        """Add a line to the very file that the commands change, or save it as editors do."""
        place = self.disk.top / PINNED
        line = f"# mine {number}\n".encode()
        self.mine = line
        if self.chance.random() < 0.5:
            with place.open("ab") as file:
                time.sleep(self.chance.random() / 100)
                file.write(line)
        else:
            saved = place.with_name(".env.save")
            saved.write_bytes(place.read_bytes() + line)
            saved.replace(place)

    def _git(self, *arguments: str) -> None:
        """Run it until nobody else is at work."""
        deadline = time.monotonic() + TURN_S
        while True:
            try:
                self.disk.git(*arguments)
            except AssertionError as error:
                busy = any(words in str(error) for words in ("File exists", "but expected"))
                if not busy or time.monotonic() > deadline:
                    raise
            else:
                return


def _round(number: int, user: _User, crowd: list[Connection], tally: Tally) -> None:
    edits = user.chance.random() < 0.25
    user.begin(number)
    for connection in crowd:
        connection.send(True)
    commits = user.chance.randint(1, 4)
    edit_after = user.chance.randint(0, commits) if edits else -1
    busy = list(crowd)
    deadline = time.monotonic() + TURN_S
    while busy and time.monotonic() < deadline:
        if edit_after == 0:
            user.edit(number)
        if commits > 0:
            user.commit(number)
        commits -= 1
        edit_after -= 1
        wait(busy, user.chance.random() / 10)
        for connection in [each for each in busy if each.poll()]:
            told = connection.recv()
            busy.remove(connection)
            if told.startswith("FAULT"):
                tally.faults.append(f"round {number}: {told}")
            tally.outcomes[told.partition(":")[0]] += 1
    if busy:
        tally.faults.append(f"round {number}: {len(busy)} commands did not end")
    edits = user.mine is not None
    tally.rounds += 1
    tally.edits_of_user += edits
    tally.faults.extend(f"round {number}: {fault}" for fault in _faults(user))
    if edits:
        # They throw the edit away: the file is what the index has.
        user.disk.git("checkout", "--quiet", "--", PINNED)
        user.mine = None


def _faults(user: _User) -> list[str]:
    """Look at HEAD, index and files with the ordinary Git."""
    git = user.disk.git
    found: list[str] = []
    committed, indexed = git("rev-parse", f"HEAD:{PINNED}"), git("rev-parse", f":{PINNED}")
    if committed != indexed:
        found.append(f"the index has {indexed} and HEAD has {committed}")
    content = (user.disk.top / PINNED).read_bytes()
    if user.mine is not None:
        if user.mine not in content:
            found.append(f"the edit {user.mine!r} is lost: {content!r}")
    elif git("hash-object", "--no-filters", PINNED) != indexed:
        found.append(f"the file is not what the index has: {content!r}")
    if f"{git('cat-file', 'blob', ':staged')}\n" != user.staged:
        found.append("the staged entry is lost")
    if (user.disk.top / "untracked").read_text() != user.untracked:
        found.append("the untracked file is lost")
    subjects = set(git("log", "--format=%s").splitlines())
    found.extend(f"the commit {each!r} is lost" for each in user.commits if each not in subjects)
    found.extend(
        f"{place.name} is left behind"
        for folder in (user.disk.git_dir, (user.disk.top / PINNED).parent)
        for place in folder.iterdir()
        if place.name not in {".env", "compose.yaml", "index"}
        and ("index" in place.name or place.name.startswith(".env"))
    )
    return found

"""
One way's own repository and containers, its visitors, and the people who type commands in it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.bootstrap import initialise, open_workspace
from sandbox.cli.visitors import Visitors
from sandbox.delivery.lab import settled_at
from sandbox.errors import DeadlineError, SandboxError
from sandbox.model.lab import Chapter, Mark, TypedCommand, Visit
from sandbox.render.demo import THEME, with_headline

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from sandbox.model.lab import Answer, ChapterRun, Point
    from sandbox.runtime.workspace import Workspace

STAGING, PRODUCTION = "staging", "production"
VISITORS, PAUSE_S = 2, 0.1
PATIENCE_S = 300.0
_LOOK_S = 0.05
_SETTLED_ANSWERS = 10
_SETTLE_S = 60.0
_ERROR = "error: "
_PORT = re.compile(r"(?m)^WEB_PORT=.*$")


class Person(StrEnum):
    """Who types: the record should know."""

    DEVELOPER = "dana"
    OPERATOR = "olga"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that ended."""

    status: int
    output: str
    errors: str


@dataclass(slots=True, kw_only=True)
class Ground:
    """
    Where one way is gone through, and what is recorded of it.

    Attributes:
        addresses: Of each environment, for visitors.
        chapter: The one that is under way.
        say: Told what happens, a line at a time.
        tick: Told every second how many seconds it has been waiting.
        leftover: What could not be removed at the end, and why; empty when all was.
    """

    folder: Path
    workspace: Workspace
    addresses: Mapping[str, str]
    say: Callable[[str], None]
    tick: Callable[[int], None]
    chapter: Chapter = Chapter.FEATURE
    visits: list[Visit] = field(default_factory=list[Visit])
    commands: list[TypedCommand] = field(default_factory=list[TypedCommand])
    marks: list[Mark] = field(default_factory=list[Mark])
    chapters: list[ChapterRun] = field(default_factory=list["ChapterRun"])
    answers: list[Answer] = field(default_factory=list["Answer"])
    releases: dict[str, str] = field(default_factory=dict[str, str])
    leftover: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def type(self, person: Person, *words: str, may_fail: bool = False) -> Finished:
        """
        Have *person* type a command; it counts.

        Raises:
            SandboxError: It failed, and not because it *may_fail*.
        """
        line = shlex.join(words)
        at, began = self.now(), self.workspace.clock.monotonic()
        finished = self._run(person, words)
        seconds = round(self.workspace.clock.monotonic() - began, 3)
        self.commands.append(
            TypedCommand(
                at=at, seconds=seconds, chapter=self.chapter, line=line, status=finished.status
            )
        )
        self.say(f"{person.value} $ {line}   {seconds:.1f} s")
        return finished if may_fail else _well(line, finished)

    def prepare(self, *words: str) -> Finished:
        """
        Run a command that is no part of the scenario.

        Raises:
            SandboxError: It failed.
        """
        return _well(" ".join(words), self._run(Person.DEVELOPER, words))

    def commit(self, path: str, change: Callable[[str], str], message: str) -> str:
        """
        Have the developer change a file and commit it; give the commit's id.
        """
        place = self.folder / path
        place.write_text(change(place.read_text()))
        self.type(Person.DEVELOPER, "git", "commit", "-am", message)
        return self.head()

    def revert(self) -> str:
        """
        Have the developer take the newest commit back; give the id of the commit that does.
        """
        self.type(Person.DEVELOPER, "git", "revert", "--no-edit", "HEAD")
        return self.head()

    def head(self) -> str:
        """
        Commit that the branch is at.
        """
        return self.workspace.repository.resolve("HEAD") or ""

    def now(self) -> float:
        """
        Seconds since the epoch.
        """
        return self.workspace.clock.now()

    def mark(self, point: Point, at: float | None, message: str = "") -> None:
        """
        Record when *point* was reached; ``None`` when it was not, *message* says why.
        """
        self.marks.append(Mark(chapter=self.chapter, point=point, at=at, message=message))

    def wait(self, seen: Callable[[], bool], what: str, *, seconds: float = PATIENCE_S) -> bool:
        """
        Look until *seen*.

        Raises:
            DeadlineError: It was not seen in time.
        """
        if not self.watch(seen, seconds):
            raise DeadlineError(f"waited {seconds:g} s for {what}")
        return True

    def watch(self, seen: Callable[[], bool], seconds: float) -> bool:
        """
        Look until *seen*, or for *seconds*; tell which.
        """
        clock = self.workspace.clock
        began = clock.monotonic()
        while not seen():
            waited = clock.monotonic() - began
            if waited > seconds:
                return False
            self.tick(int(waited))
            clock.sleep(_LOOK_S)
        return True

    def settled(self, environment: str, release: str) -> float:
        """
        Wait until only *release* answers in *environment*; give since when.

        Raises:
            DeadlineError: Others do, too, or nobody.
        """
        found: list[float] = []

        def seen() -> bool:
            at = settled_at(self.seen(), environment, release, least=_SETTLED_ANSWERS)
            found.extend([] if at is None else [at])
            return at is not None

        self.wait(seen, f"{release[:7]} alone to answer in {environment}", seconds=_SETTLE_S)
        return found[-1]

    def answering(self, environment: str) -> str:
        """
        Give the release that answered in *environment* last; empty when none ever did.
        """
        answers = (each for each in reversed(self.seen()) if each.environment == environment)
        return next((each.release for each in answers if not each.failure), "")

    def seen(self) -> tuple[Visit, ...]:
        """
        Give all visits so far, in order of their ends.
        """
        with self._lock:
            return tuple(self.visits)

    @contextmanager
    def visited(self) -> Generator[None]:
        """
        Have visitors in all environments as long as the block runs.
        """
        with ExitStack() as stack:
            for name, address in self.addresses.items():
                visitors = Visitors(
                    address=address,
                    clock=self.workspace.clock,
                    environment=name,
                    visitors=VISITORS,
                    pause_s=PAUSE_S,
                    note=self._note,
                )
                stack.enter_context(visitors)
            yield

    def _note(self, visit: Visit) -> None:
        with self._lock:
            self.visits.append(visit)

    def _run(self, person: Person, words: tuple[str, ...]) -> Finished:
        program = [sys.executable, "-m", "sandbox"] if words[0] == "sandbox" else [words[0]]
        try:
            process = subprocess.Popen(
                [*program, *words[1:]],
                cwd=self.folder,
                env=_said_by(person),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except FileNotFoundError as error:
            raise SandboxError(f"{words[0]} is not on this machine") from error
        with process:
            try:
                output, errors = self._follow(process, shlex.join(words))
            except BaseException:
                process.kill()
                raise
        return Finished(status=process.returncode, output=output, errors=errors)

    def _follow(self, process: subprocess.Popen[str], line: str) -> tuple[str, str]:
        """
        Wait for the end of *process*; give what it wrote to stdout and stderr.
        """
        for waited in range(int(PATIENCE_S)):
            self.tick(waited)
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=1.0)
        raise DeadlineError(f"{line}: not done after {PATIENCE_S:g} s")


@contextmanager
def ground(
    way: str, say: Callable[[str], None], tick: Callable[[int], None], *, keep: bool
) -> Generator[Ground]:
    """
    Make a repository from the template on free ports; remove everything at the end unless *keep*.

    What cannot be removed is left with its repository and named in `Ground.leftover`: what was
    measured before is not lost because of it.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"sandbox-lab-{way}-"))
    with ExitStack() as opened:
        try:
            made = _prepared(folder, opened, say, tick)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            yield made
        finally:
            if keep:
                say(f"left running; to end it: {removal(folder)}")
            else:
                _remove(made, opened)


def _prepared(
    folder: Path, opened: ExitStack, say: Callable[[str], None], tick: Callable[[int], None]
) -> Ground:
    """
    Make a repository in *folder*; its workspace is one of *opened*. Nothing runs so far.
    """
    initialise(str(folder))
    ports = _choose_ports(folder)
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    workspace = opened.enter_context(open_workspace(str(folder)))
    made = Ground(folder=folder, workspace=workspace, addresses=addresses, say=say, tick=tick)
    made.prepare("git", "config", "commit.gpgsign", "false")
    made.prepare("git", "config", "core.hooksPath", os.devnull)
    _make_unique(folder, workspace.repository.instance)
    made.prepare("git", "commit", "--quiet", "-am", "Make a shop of its own")
    return made


def removal(folder: Path) -> str:
    """
    The command that removes what runs for the repository in *folder*.
    """
    return f"sandbox --repo {shlex.quote(str(folder))} down --volumes"


def _remove(ground: Ground, opened: ExitStack) -> None:
    """
    Remove containers, data and repository; keep the repository when the others could not be.

    *opened* is closed before, for a journal that is open says that it was deleted.
    """
    try:
        ground.prepare("sandbox", "down", "--volumes")
    except SandboxError as error:
        ground.leftover = f"{error.message}; to remove it: {removal(ground.folder)}"
        ground.say(f"left behind: {ground.leftover}")
    else:
        opened.close()
        shutil.rmtree(ground.folder, ignore_errors=True)


def _choose_ports(folder: Path) -> dict[str, int]:
    """
    Write a free port into each environment's file; others may run the shop at its own ones.
    """
    ports: dict[str, int] = {}
    with ExitStack() as held:
        for name in (STAGING, PRODUCTION):
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            ports[name] = int(probe.getsockname()[1])
    for name, port in ports.items():
        place = folder / "environments" / name / ".env"
        place.write_text(_PORT.sub(f"WEB_PORT={port}", place.read_text()))
    return ports


def _make_unique(folder: Path, instance: str) -> None:
    """
    Give the shop a headline of its own.

    Images are named by content: what another way has built would not be built again.
    """
    place = folder / THEME
    place.write_text(with_headline(place.read_text(), f"The shop of {instance}"))


def _said_by(person: Person) -> dict[str, str]:
    """
    Variables that make *person* the one who types; the edge is left to whoever has it.

    Git's own are dropped: a hook that runs us would lead our commits to its repository.
    """
    name, address = person.value, f"{person.value}@shop.invalid"
    return {
        **{key: text for key, text in os.environ.items() if not key.startswith("GIT_")},
        "LOGNAME": name,
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": address,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": address,
        "SANDBOX_EDGE_PORT": "off",
        "NO_COLOR": "1",
    }


def _well(line: str, finished: Finished) -> Finished:
    """
    Give it back if it ended well; else raise with the line that says why.
    """
    if finished.status == 0:
        return finished
    lines = [each for each in (finished.errors or finished.output).splitlines() if each.strip()]
    told = [each for each in lines if each.startswith(_ERROR)] or lines[-1:]
    why = told[0].removeprefix(_ERROR) if told else "it says nothing"
    raise SandboxError(f"{line} ended with status {finished.status}: {why}")

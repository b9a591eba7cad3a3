"""
Our side: a repository with the shop, its controller, and what that one writes in its journal.

Times end at what the controller recorded *and* the shop answering over HTTP, seen from here.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors

from sandbox.adapters.file_lock import FileLock
from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.adapters.system_clock import SystemClock
from sandbox.model.event import EventKind
from tests.benchmarks import shop
from tests.benchmarks.measure import CannotMeasureError, run
from tests.playground import SERVICE_LABEL, Playground, engine
from tests.shop_ground import STAGING, without_gates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.event import Event
    from tests.benchmarks.measure import Ran

LOOK_S = 0.01
CHANGED = frozenset({"web", "worker", "migrate"})
"""Services whose image a change of the shop's source changes."""
SYNC_S = 120.0
SEEN_S = 20.0
END_S = 15.0
EMPTY = "name: shop-staging\nx-sandbox: {sync: {allow_empty: true}}\nservices: {}\n"
COMPOSE_FILE = f"environments/{shop.ENVIRONMENT}/compose.yaml"
BAD = (EventKind.DEGRADED, EventKind.INVALID, EventKind.HELD)


@dataclass(frozen=True, kw_only=True)
class Committed:
    """A commit that was just made: when Git returned, by both clocks, and the newest event then."""

    revision: str
    at: float
    began: float
    after: int


@dataclass(kw_only=True)
class SandboxSide:
    """
    One repository with a controller.

    Attributes:
        folder: Of the repository; must not exist.
        ports: Where the shop answers, by environment.
        images: What was built from sources that nobody else has.
    """

    folder: Path
    ports: Mapping[str, int]
    images: set[str] = field(default_factory=set)

    def prepare(self) -> None:
        """Make the repository as `init` does, with other ports, and the images."""
        run([*program(), "init", str(self.folder)])
        self.ground = Playground(folder=self.folder)
        self.clock = SystemClock()
        state = self.folder / ".git" / "sandbox"
        self.journal, self.lock = SqliteJournal(str(state)), FileLock(str(state))
        self.ground.commit(
            {
                f"environments/{name}/.env": shop.set_variable(
                    (self.folder / f"environments/{name}/.env").read_text(), "WEB_PORT", str(port)
                )
                for name, port in self.ports.items()
            }
            # The other side has no checks to wait for.
            | {STAGING: without_gates((self.folder / STAGING).read_text())},
            "Use ports of our own",
        )
        self.command("up", shop.ENVIRONMENT)

    def command(self, *arguments: str) -> Ran:
        """Run the command line as a whole process, in the repository as a person does."""
        return run([*program(), *arguments], folder=self.folder)

    def complete(self, line: str) -> Ran:
        """Complete *line* as bash has it done."""
        asked = {
            "_SANDBOX_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
        }
        return run(program(), environ=asked, folder=self.folder)

    def end_controller(self) -> None:
        """End the controller; containers go on running."""
        os.kill(self.controller(), signal.SIGTERM)
        deadline = time.monotonic() + END_S
        while self.lock.holder():
            if time.monotonic() > deadline:
                raise CannotMeasureError(f"the controller has not ended after {END_S:g} s")
            time.sleep(LOOK_S)

    # the races

    def no_op(self) -> float:
        """Commit nothing, until the controller says that it is in sync with that."""
        commit = self.commit({})
        return self.synced(commit).at - commit.at

    def sync(self) -> float:
        """Ask for a sync although nothing changed, as a whole process."""
        return self.command("sync", shop.ENVIRONMENT).wall_s

    def configure(self, value: str) -> float:
        """Change one variable of `web`, until its new value is served."""
        commit = self.commit(shop.configured(self.folder, value))
        return self._until_served(commit, "/version", value)

    def rewrite(self, headline: str) -> float:
        """Change one line of the source, until it is served; the image is built meanwhile."""
        commit = self.commit(shop.rewritten(self.folder, headline))
        seconds = self._until_served(commit, "/", headline)
        self.images |= {
            container["Config"]["Image"]
            for container in self.ground.containers(environment=shop.ENVIRONMENT)
            if container["Config"]["Labels"][SERVICE_LABEL] in CHANGED
        }
        return seconds

    def cold_start(self) -> float:
        """Start the controller, which brings up what is not there at all, images apart."""
        self.command("down", "--volumes")
        began = time.monotonic()
        self.command("up", shop.ENVIRONMENT)
        shop.await_answer(self.ports[shop.ENVIRONMENT], "/readyz", "ready")
        return time.monotonic() - began

    def cold_commit(self) -> float:
        """Commit an environment that is not there at all, images apart, to a running controller."""
        full = (self.folder / COMPOSE_FILE).read_text()
        self.synced(self.commit({COMPOSE_FILE: EMPTY}))
        with engine() as client:
            for volume in self.ground.volumes():
                client.remove_volume(volume["Name"])
        return self._until_served(self.commit({COMPOSE_FILE: full}), "/readyz", "ready")

    # alone

    def seen(self) -> float:
        """Commit nothing, until the controller has seen that."""
        commit = self.commit({})
        at = self._await(commit, (EventKind.SEEN,), SEEN_S).at
        self.synced(commit)
        return at - commit.at

    def healed(self) -> float:
        """Kill `web`, until it is served again; a new container has no starts to back off from."""
        self.configure(f"made after {self._newest()}")
        victim = self.ground.container(shop.SERVICE, shop.ENVIRONMENT)["Id"]
        after = self._newest()
        with engine() as client:
            client.kill(victim)
        killed = Committed(revision="", at=self.clock.now(), began=time.monotonic(), after=after)
        return self._until_served(killed, "/readyz", "ready")

    def controller(self) -> int:
        """Process id of the controller."""
        process = self.ground.controller()
        if not process:
            raise CannotMeasureError("no controller runs")
        return process

    # commits and events

    def commit(self, files: Mapping[str, str]) -> Committed:
        """Commit *files* (none is fine); the clock runs from the moment that Git returns."""
        after = self._newest()
        if files:
            for path, text in files.items():
                (self.folder / path).write_text(text)
            self.ground.git("add", "--", *files)
        self.ground.git("commit", "--quiet", "--allow-empty", "--message", "Change")
        at, began = self.clock.now(), time.monotonic()
        revision = self.ground.git("rev-parse", "HEAD")
        return Committed(revision=revision, at=at, began=began, after=after)

    def synced(self, commit: Committed) -> Event:
        """Wait until the controller says that *commit* runs and is healthy."""
        return self._await(commit, (EventKind.SYNCED,), SYNC_S)

    def _until_served(self, commit: Committed, path: str, expected: str) -> float:
        self.synced(commit)
        shop.await_answer(self.ports[shop.ENVIRONMENT], path, expected)
        return time.monotonic() - commit.began

    def _await(self, commit: Committed, kinds: tuple[EventKind, ...], seconds: float) -> Event:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for _, event in self.journal.events(after=commit.after):
                if event.environment != shop.ENVIRONMENT:
                    continue
                if event.kind in kinds and commit.revision in {"", event.revision}:
                    return event
                if event.kind in BAD:
                    raise CannotMeasureError(f"the controller says: {event.message}")
            time.sleep(LOOK_S)
        message = f"no event {kinds[0]} of {commit.revision[:7] or 'the repair'} in {seconds:g} s"
        raise CannotMeasureError(message)

    def _newest(self) -> int:
        newest = self.journal.events(limit=1)
        return newest[-1][0] if newest else -1

    # the end

    def clean_up(self) -> None:
        """End the controller, and remove all that it made, the images that it built too."""
        if not (self.folder / ".git").is_dir():
            return
        try:
            self.command("down", "--volumes")
        finally:
            self.ground.clean_up()
            self._remove_images()

    def _remove_images(self) -> None:
        with engine() as client:
            for name in sorted(self.images):
                # What is gone need not go; what a container of somebody else runs stays.
                with suppress(docker.errors.APIError):
                    client.remove_image(name)


def program() -> list[str]:
    """The command line as it is installed beside this interpreter."""
    script = Path(sys.executable).with_name("sandbox")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "sandbox"]

"""
The story of the demo, told while it happens; every claim is looked at where a visitor would.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sandbox.cli.first_sync import newest_event
from sandbox.cli.follow import follow
from sandbox.cli.outcome import failure_of
from sandbox.cli.up import converge_all
from sandbox.cli.visit import front_page
from sandbox.errors import HeldError, NotFoundError, SandboxError, SetupError
from sandbox.model.event import EventKind
from sandbox.model.observed import ContainerState
from sandbox.model.plan import HoldReason
from sandbox.planning.urls import urls
from sandbox.render.demo import THEME, chapter, headline_of, line, next_headline, with_headline
from sandbox.render.text import duration, short
from sandbox.runtime.containers import find_container
from sandbox.runtime.preview import load_desired
from sandbox.runtime.promoter import promote
from sandbox.runtime.sync import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cli.invocation import Invocation
    from sandbox.model.event import Event
    from sandbox.model.observed import ObservedContainer
    from sandbox.runtime.workspace import Workspace

STAGING, PRODUCTION = "staging", "production"
NAMES = (PRODUCTION, STAGING)
BRANCH = "main"
SERVICE = "web"

_LOOK_S = 0.05
_CHANGE_S = 180.0
_SHOWN_DIGITS = 19


@dataclass(slots=True, kw_only=True)
class Tour:
    """
    One run of the story.

    Attributes:
        seconds: How long each step took until a visitor could see it.
    """

    invocation: Invocation
    workspace: Workspace
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _addresses: dict[str, str] = field(default_factory=dict[str, str])

    def run(self) -> None:
        """
        Tell it from the beginning to the end.

        Raises:
            SandboxError: It did not go as it should; the message says where and why.
        """
        self._come_up()
        headline = self._commit()
        self._promote(headline)
        self._heal()

    def tell_beginning(self, folder: str, made: bool) -> None:
        """
        Say which repository this is about.
        """
        self._chapter(1, "A repository with two environments")
        how = "made from the template, two commits" if made else "is there from last time"
        self._tell(f"{folder}: {how}")

    def addresses(self) -> tuple[tuple[str, str], ...]:
        """
        Name and address of each environment.
        """
        return tuple((name, self._address(name)) for name in reversed(NAMES))

    def _come_up(self) -> None:
        self._chapter(2, "Both environments come up side by side")
        self._refuse_taken_ports()
        began = self.workspace.clock.monotonic()
        results = converge_all(self.invocation, self.workspace, NAMES, everything=True, steps=False)
        for result in results.values():
            failure = failure_of(result)
            if failure is not None:
                raise failure
        for name, address in self.addresses():
            self._wait(name, partial(self._answers, name))
            self._tell(f"{name:<10}  {address}")
        took = self.workspace.clock.monotonic() - began
        self._took("up", took, f"both answer after {duration(took)}")

    def _commit(self) -> str:
        """
        Commit another headline; return it.
        """
        self._chapter(3, "A commit changes staging, and only staging")
        repository = self.workspace.repository
        head = repository.resolve(f"refs/heads/{BRANCH}")
        source = (repository.read_file(head, THEME) if head else None) or b""
        before = headline_of(source.decode())
        if head is None or before is None:
            raise NotFoundError(
                f"{THEME} on branch {BRANCH} sets no HEADLINE",
                remedy="give another folder: sandbox demo DIR",
            )
        headline = next_headline(before)
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        commit = repository.commit_file(
            branch=BRANCH,
            path=THEME,
            content=with_headline(source.decode(), headline).encode(),
            message=f"Say: {headline}\n",
            parent=head,
        )
        self._tell(f'committed {short(commit)} to {BRANCH}: HEADLINE = "{headline}"')
        self._wait(STAGING, partial(self._shows, STAGING, headline), after)
        took = self.workspace.clock.monotonic() - began
        self._took("commit", took, f"staging shows it {duration(took)} after the commit")
        if self._shows(PRODUCTION, headline):
            raise HeldError("production shows the new headline although nobody promoted it")
        self._tell("production does not: its release is pinned")
        return headline

    def _promote(self, headline: str) -> None:
        self._chapter(4, "A promotion changes production, by a commit")
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        promotion = promote(self.workspace, PRODUCTION)
        self._tell(
            f"committed {short(promotion.commit)}: production runs release "
            f"{short(promotion.release)} of staging"
        )
        self._wait(PRODUCTION, partial(self._shows, PRODUCTION, headline), after)
        took = self.workspace.clock.monotonic() - began
        self._took("promotion", took, f"production shows it after {duration(took)}")
        images = {name: self._container(name).image_id for name in NAMES}
        if images[STAGING] != images[PRODUCTION]:
            raise HeldError(f"production runs another image than staging: {images}")
        self._tell(f"both run the same image: {images[STAGING][:_SHOWN_DIGITS]}")

    def _heal(self) -> None:
        self._chapter(5, "Drift is healed: somebody kills a container")
        victim = self._container(STAGING)
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        self.workspace.engine.stop_container(victim.id, 0.0)
        self._tell(f"killed {victim.name}")
        self._wait(STAGING, partial(self._healed, victim), after)
        took = self.workspace.clock.monotonic() - began
        self._took("heal", took, f"staging answers again after {duration(took)}")

    def _healed(self, victim: ObservedContainer) -> bool:
        try:
            found = self._container(STAGING)
        except NotFoundError:
            return False
        alive = found.state is ContainerState.RUNNING and found.started_at != victim.started_at
        return alive and self._answers(STAGING)

    def _wait(self, name: str, seen: Callable[[], bool], after: int | None = None) -> None:
        """
        Look until *seen*; meanwhile show what the controller does.
        """
        work = partial(
            self._look, name, seen, newest_event(self.workspace) if after is None else after
        )
        timeout_s = self.invocation.deadline_s(_CHANGE_S)
        results = follow(
            self.invocation, self.workspace.clock, {name: work}, timeout_s=timeout_s, steps=False
        )
        for result in results.values():
            if isinstance(result, SandboxError):
                raise result

    def _look(
        self, name: str, seen: Callable[[], bool], after: int, on_event: Callable[[Event], None]
    ) -> bool:
        done = threading.Event()
        failures: list[Event] = []

        def listen() -> None:
            for _, event in self.workspace.control().events(after=after, stop=done.is_set):
                on_event(event)
                if event.environment == name and event.kind in {
                    EventKind.DEGRADED,
                    EventKind.INVALID,
                }:
                    failures.append(event)

        threading.Thread(target=listen, name="listen", daemon=True).start()
        try:
            while not seen():
                if failures:
                    raise HeldError(
                        f"{name}: {failures[0].message}", remedy=f"see: sandbox status {name}"
                    )
                self.workspace.clock.sleep(_LOOK_S)
        finally:
            done.set()
        return True

    def _refuse_taken_ports(self) -> None:
        """
        Say clearly when somebody else has a port, before anything is begun.
        """
        for name in NAMES:
            for hold in look(self.workspace, name, self.workspace.policy).plan.holds:
                if hold.reason is HoldReason.PORT_TAKEN:
                    raise SetupError(
                        f"{name}: {hold.message}",
                        remedy=f"another port is a commit to environments/{name}/.env: WEB_PORT",
                    )

    def _address(self, name: str) -> str:
        if name not in self._addresses:
            addresses = urls(load_desired(self.workspace, name))
            if not addresses:
                raise NotFoundError(f"{name} publishes no port", remedy="give another folder")
            self._addresses[name] = addresses[0]
        return self._addresses[name]

    def _container(self, name: str) -> ObservedContainer:
        return find_container(self.workspace, name, SERVICE)

    def _answers(self, name: str) -> bool:
        return front_page(self._address(name)) is not None

    def _shows(self, name: str, text: str) -> bool:
        return text in (front_page(self._address(name)) or "")

    def _chapter(self, number: int, title: str) -> None:
        self._say(chapter(number, title, style=self.invocation.style))

    def _tell(self, text: str) -> None:
        self._say(line(text))

    def _took(self, step: str, seconds: float, text: str) -> None:
        self.seconds[step] = round(seconds, 3)
        self._say(line(self.invocation.style.paint(text, "green")))

    def _say(self, text: str) -> None:
        if self.invocation.json:
            self.invocation.note(text)
        else:
            self.invocation.show(text)

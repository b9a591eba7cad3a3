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
from sandbox.cli.visitors import Visitors
from sandbox.errors import HeldError, NotFoundError, SandboxError, SetupError
from sandbox.model.event import EventKind
from sandbox.model.observed import ContainerState
from sandbox.model.plan import HoldReason
from sandbox.model.status import Health, SyncStatus
from sandbox.render.demo import (
    THEME,
    chapter,
    headline_of,
    line,
    next_headline,
    receipt_line,
    visits_line,
    with_headline,
    with_mistake,
    without_mistake,
)
from sandbox.render.text import duration, short
from sandbox.runtime.containers import find_container
from sandbox.runtime.promoter import commit_proposal
from sandbox.runtime.proposal import propose_promotion
from sandbox.runtime.status import read_status
from sandbox.runtime.sync import look

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sandbox.cli.invocation import Invocation
    from sandbox.model.event import Event
    from sandbox.model.observed import ObservedContainer
    from sandbox.runtime.workspace import Workspace

STAGING, PRODUCTION = "staging", "production"
NAMES = (PRODUCTION, STAGING)
BRANCH = "main"
SERVICE = "web"

_FAILURES = (EventKind.DEGRADED, EventKind.INVALID)
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
        self._survive()

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
        self._chapter(3, "A commit changes staging, and only staging, while people visit it")
        source = self._source()
        before = headline_of(source)
        if before is None:
            raise NotFoundError(
                f"{THEME} on branch {BRANCH} sets no HEADLINE",
                remedy="give another folder: sandbox demo DIR",
            )
        headline = next_headline(before)
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        with self._visitors() as visitors:
            commit = self._write(with_headline(source, headline), f"Say: {headline}")
            self._tell(f'committed {short(commit)} to {BRANCH}: HEADLINE = "{headline}"')
            self._wait(STAGING, partial(self._shows, STAGING, headline), after)
            took = self.workspace.clock.monotonic() - began
            self._took("commit", took, f"staging shows it {duration(took)} after the commit")
            self._wait(STAGING, lambda: bool(self._receipt(commit)), after)
        self._tell_visits(visitors)
        self._tell(self._receipt(commit))
        if self._shows(PRODUCTION, headline):
            raise HeldError("production shows the new headline although no promotion was made")
        self._tell("production does not: its release is pinned")
        return headline

    def _promote(self, headline: str) -> None:
        self._chapter(4, "A promotion changes production, by a commit")
        self._wait(STAGING, self._is_staging_settled)
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        promotion = commit_proposal(self.workspace, propose_promotion(self.workspace, PRODUCTION))
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
        self._chapter(5, "Drift is healed: a container is killed")
        victim = self._container(STAGING)
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        self.workspace.engine.stop_container(victim.id, 0.0)
        self._tell(f"killed {victim.name}")
        self._wait(STAGING, partial(self._healed, victim), after)
        took = self.workspace.clock.monotonic() - began
        self._took("heal", took, f"staging answers again after {duration(took)}")

    def _survive(self) -> None:
        """
        Commit a mistake, which nobody notices, and then its fix.
        """
        self._chapter(6, "A bad commit that no visitor notices")
        source = self._source()
        after = newest_event(self.workspace)
        began = self.workspace.clock.monotonic()
        with self._visitors() as visitors:
            bad = self._write(with_mistake(source), "Rush it")
            self._tell(
                f"committed {short(bad)} to {BRANCH}: unit tests pass, and the shop ends at once"
            )
            self._wait(STAGING, partial(self._is_given_up, bad), after, may_fail=True)
            took = self.workspace.clock.monotonic() - began
            self._took("rollback", took, f"given up {duration(took)} after the commit")
            self._tell_quarantine()
            after = newest_event(self.workspace)
            fix = self._write(source, f"Revert {short(bad)}")
            self._wait(STAGING, partial(self._is_served, fix), after)
        self._tell(f"committed {short(fix)}, which takes it back: staging is in sync again")
        self._tell_visits(visitors)

    def _tell_quarantine(self) -> None:
        quarantine = self.workspace.journal.quarantined(STAGING)
        if quarantine is not None:
            self._tell(quarantine.reason.splitlines()[0])
            self._tell(f"staging serves {short(quarantine.serving)}, and no other try is made")

    def _tell_visits(self, visitors: Visitors) -> None:
        if visitors.failed:
            raise HeldError(f"{visitors.failed} of the requests meanwhile failed")
        self._say(line(self.invocation.style.paint(visits_line(visitors.served), "green")))

    def _visitors(self) -> Visitors:
        return Visitors(address=self._address(STAGING), clock=self.workspace.clock)

    def _source(self) -> str:
        """
        What a visitor sees first, as committed; empty when there is no such file.
        """
        repository = self.workspace.repository
        head = repository.resolve(f"refs/heads/{BRANCH}")
        content = (repository.read_file(head, THEME) if head else None) or b""
        return without_mistake(content.decode())

    def _write(self, source: str, message: str) -> str:
        """
        Commit another *source*; give the commit's id.
        """
        repository = self.workspace.repository
        return repository.commit_file(
            branch=BRANCH,
            path=THEME,
            content=source.encode(),
            message=f"{message}\n",
            parent=repository.resolve(f"refs/heads/{BRANCH}") or "",
        )

    def _is_served(self, commit: str) -> bool:
        """
        Tell whether staging is in sync with *commit*, and nothing of another one is left.
        """
        (status,) = self.workspace.control().status((STAGING,))
        return (status.revision, status.sync, status.health) == (
            commit,
            SyncStatus.SYNCED,
            Health.HEALTHY,
        )

    def _receipt(self, commit: str) -> str:
        """
        What the sync to *commit* came to; empty as long as it is not over.
        """
        records = self.workspace.journal.syncs(STAGING)
        return next((receipt_line(each) for each in records if each.revision == commit), "")

    def _is_given_up(self, commit: str) -> bool:
        quarantine = self.workspace.journal.quarantined(STAGING)
        return quarantine is not None and quarantine.revision == commit

    def _healed(self, victim: ObservedContainer) -> bool:
        try:
            found = self._container(STAGING)
        except NotFoundError:
            return False
        alive = found.state is ContainerState.RUNNING and found.started_at != victim.started_at
        return alive and self._answers(STAGING)

    def _is_staging_settled(self) -> bool:
        status = read_status(self.workspace, STAGING)
        return status.sync is SyncStatus.SYNCED and status.health is Health.HEALTHY

    def _wait(
        self,
        name: str,
        seen: Callable[[], bool],
        after: int | None = None,
        *,
        may_fail: bool = False,
    ) -> None:
        """
        Look until *seen*; meanwhile show what the controller does.
        """
        after = newest_event(self.workspace) if after is None else after
        work = partial(self._look, name, seen, after, () if may_fail else _FAILURES)
        timeout_s = self.invocation.deadline_s(_CHANGE_S)
        results = follow(
            self.invocation, self.workspace.clock, {name: work}, timeout_s=timeout_s, steps=False
        )
        for result in results.values():
            if isinstance(result, SandboxError):
                raise result

    def _look(
        self,
        name: str,
        seen: Callable[[], bool],
        after: int,
        bad: Collection[EventKind],
        on_event: Callable[[Event], None],
    ) -> bool:
        done = threading.Event()
        failures: list[Event] = []

        def listen() -> None:
            for _, event in self.workspace.control().events(after=after, stop=done.is_set):
                on_event(event)
                if event.environment == name and event.kind in bad:
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
            addresses = read_status(self.workspace, name).urls
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

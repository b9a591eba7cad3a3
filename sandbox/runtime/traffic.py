"""The steps about traffic: each changes the servers of one service in what the ingress does."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.delivery.analysis import judge, verdict_text, waiting_text, waits_for_requests
from sandbox.delivery.window import Window, advance, sample_of
from sandbox.errors import (
    AnalysisError,
    CancelledError,
    EngineError,
    HeldError,
    ImplausibleError,
)
from sandbox.model.event import EventKind
from sandbox.model.ingress import IngressConfig
from sandbox.model.verdict import Decision
from sandbox.planning.haproxy import config_hash
from sandbox.planning.traffic import shared_address, with_shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model import action as actions
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.verdict import Verdict
    from sandbox.runtime.workspace import Workspace

SAMPLE_S = 1.0
SAY_S = 5.0
"""Between two lines of how many requests a canary has."""
NEVER_PROVED = 0.0
"""Stands for the start of an ingress that was told something and has not proved it."""


@dataclass(slots=True, kw_only=True)
class _Wait:
    """Says that a canary waits for requests: what changed every few seconds, and an event once."""

    action: actions.AnalyseTraffic
    since: float
    say: Callable[[EventKind, str], None]
    _said: str = ""
    _next_s: float = 0.0
    _told: bool = False

    def look(self, verdict: Verdict, passed_s: float) -> None:
        if not waits_for_requests(verdict):
            return
        until = self.since + self.action.deadline_s
        text = waiting_text(self.action.service_name, verdict, since=self.since, until=until)
        if text != self._said and passed_s >= self._next_s:
            self._said, self._next_s = text, passed_s + SAY_S
            self.say(EventKind.OUTPUT, text)
        if passed_s >= self.action.for_s and not self._told:
            self._told = True
            self.say(EventKind.WAITING, text)


@dataclass(slots=True, kw_only=True)
class Traffic:
    """
    What the ingress of one environment is told during one plan; safe from several threads.

    Attributes:
        config: What it was told last, or does already.
        verdicts: The last one of each service that was analysed.
    """

    workspace: Workspace
    stop: Callable[[], bool]
    config: IngressConfig = field(default_factory=IngressConfig)
    verdicts: dict[str, Verdict] = field(default_factory=dict[str, "Verdict"])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def configure(self, ingress_id: str, action: actions.ConfigureIngress) -> None:
        """Tell the ingress everything; what it does already is not done again."""
        with self._lock:
            self._apply(ingress_id, action.config)

    def shift(self, ingress_id: str, action: actions.ShiftTraffic, ids: dict[str, str]) -> None:
        """Give the requests of a service to other containers; *ids* by container name."""
        addresses = {
            name: shared_address(self._inspected(name, ids[name]), action.networks)
            for name in sorted(action.shares)
        }
        if addresses and not any(addresses.values()):
            names = ", ".join(addresses)
            message = f"{names}: no address on a network of the ingress, which keeps its servers"
            raise ImplausibleError(message)
        with self._lock:
            config = with_shares(self.config, action.service_name, action.shares, addresses)
            self._apply(ingress_id, config)

    def drain(self, ingress_id: str, action: actions.DrainContainer) -> int:
        """Wait until nothing is under way in a container; give how many requests are left."""
        return self.workspace.ingress.drain(
            ingress_id, (action.container_name,), action.timeout_s, self.stop
        )

    def analyse(
        self,
        ingress_id: str,
        action: actions.AnalyseTraffic,
        say: Callable[[EventKind, str], None],
    ) -> None:
        """
        Watch two generations for as long as the step says, and judge the new one all the time.

        As long as it gets too few requests that is said: as output at once, and as an event when
        nothing else is missing any more.

        Raises:
            AnalysisError: The new one is worse than it may be.
            HeldError: Too little was seen to tell, until the deadline.
            CancelledError: `stop` said so.
        """
        clock = self.workspace.clock
        began = clock.monotonic()
        wait = _Wait(action=action, since=clock.now(), say=say)
        window = Window(last=self.workspace.ingress.report(ingress_id))
        while True:
            if self.stop():
                message = f"the canary of {action.service_name} was ended"
                raise CancelledError(message)
            left_s = began + action.for_s - clock.monotonic()
            clock.sleep(min(left_s, SAMPLE_S) if left_s > 0 else SAMPLE_S)
            with self._lock:
                # Nobody else mends it while this sync is under way, which may be long.
                self.workspace.ingress.apply(ingress_id, self.config)
            window = advance(window, self.workspace.ingress.report(ingress_id))
            passed_s = clock.monotonic() - began
            if action.analysis is None:
                if passed_s >= action.for_s:
                    return
                continue
            old, new = sample_of(window, action.old), sample_of(window, action.new)
            verdict = judge(action.analysis, old, new, over=passed_s >= action.for_s)
            self.verdicts[action.service_name] = verdict
            if verdict.decision is Decision.PROMOTE:
                return
            said = f"the canary of {action.service_name}: {verdict_text(verdict)}"
            if verdict.decision is Decision.ABORT:
                raise AnalysisError(said, remedy="commit a fix; the old one has all traffic again")
            wait.look(verdict, passed_s)
            if passed_s >= action.deadline_s:
                raise HeldError(said, remedy="send it requests, or lower min_requests")

    def _apply(self, ingress_id: str, config: IngressConfig) -> None:
        # What it proved before is void from here on: a crash must not leave it as a proof.
        self.workspace.journal.mark_routed(ingress_id, NEVER_PROVED, config_hash(self.config))
        self.workspace.ingress.apply(ingress_id, config)
        self.config = config
        ingress = self._inspected("the ingress", ingress_id)
        self.workspace.journal.mark_routed(ingress_id, ingress.started_at, config_hash(config))

    def _inspected(self, name: str, container_id: str) -> ObservedContainer:
        container = self.workspace.engine.inspect_container(container_id)
        if container is None:
            message = f"{name} was removed while its traffic was moved"
            raise EngineError(message, temporary=True)
        return container

"""
Keep the edge of a repository: the container that leads to all of its environments by name.

It is brought up with the first environment and goes with the last. Nothing that goes wrong here is
an environment's fault, so nothing here ever ends a sync: it is told, and tried again.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.errors import EngineError, SandboxError, one_line
from sandbox.model.action import Endpoint
from sandbox.model.desired import DesiredState
from sandbox.model.edge import EdgePort
from sandbox.model.event import Event, EventKind
from sandbox.planning.admission import judge_of
from sandbox.planning.down import plan_down
from sandbox.planning.edge import environment_host
from sandbox.planning.edge_state import (
    EDGE_ENVIRONMENT,
    PORTS_TRIED,
    bound_port,
    edge_config,
    edge_state,
    links,
    site_of,
    without_sites,
)
from sandbox.planning.haproxy import config_hash
from sandbox.planning.host_ports import asked_ports
from sandbox.planning.plan import plan_sync
from sandbox.planning.slot import is_live
from sandbox.runtime.executor import Execution
from sandbox.runtime.sites import find_application, find_port, find_sites, observe_edge
from sandbox.runtime.traffic import NEVER_PROVED

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.model.edge import Site
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Plan
    from sandbox.runtime.workspace import Workspace

LOOK_S = 60.0
"""A look costs one at each environment; what a worker sees changed is seen sooner."""
TRIES = 2
"""A port that was free a moment ago may be taken when it is bound."""


class Edge:
    """
    The edge of one repository; safe to use from several threads, which wait for each other.

    Args:
        emit: Told when the edge comes, moves, goes, or cannot.
    """

    def __init__(self, workspace: Workspace, emit: Callable[[Event], None]) -> None:
        self._workspace = workspace
        self._tell = emit
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._leaving: set[str] = set()
        self._sites: dict[str, Site] = {}
        self._told = ""

    def run(self) -> None:
        """Look now, whenever `wake` was called and every `LOOK_S`; until `stop`."""
        while not self._stopping:
            self._wake.clear()
            self.refresh()
            self._wake.wait(LOOK_S)

    def wake(self) -> None:
        """Look soon: an environment came, went, or got another ingress."""
        self._wake.set()

    def saw(self, observed: ObservedState) -> None:
        """Look soon if the environment that was *observed* is elsewhere than the edge leads to."""
        if self._sites.get(observed.owner.environment) != site_of(observed):
            self.wake()

    def stop(self) -> None:
        """End `run` soon; the edge stays as it is."""
        self._stopping = True
        self._wake.set()

    def refresh(self) -> EdgePort:
        """Bring the edge to what the environments are now, and say where it is; never raises."""
        with self._lock:
            try:
                return self._refreshed()
            except SandboxError as error:
                told = error
            except Exception as bug:  # noqa: BLE001 - a bug here must not end a sync, nor the loop
                told = SandboxError(f"{type(bug).__name__}: {bug}")
            if not self._stopping:
                self._say(EventKind.HELD, f"the edge: {one_line(told)}")
            return EdgePort(number=0, preferred=self._workspace.edge_port, reason=told.message)

    def make_room(self, desired: DesiredState) -> None:
        """Go elsewhere before *desired* is brought up if it publishes the edge's own port."""
        first = self._workspace.edge_port
        asked = asked_ports(desired) & {*range(first, first + PORTS_TRIED)}
        with suppress(SandboxError):
            if asked and bound_port(self._observed()) in asked:
                self.refresh()

    @contextmanager
    def without(self, environment: str) -> Generator[None]:
        """Let go of *environment*, whose network can then be removed, while it is taken down."""
        with self._lock:
            self._leaving.add(environment)
        self.refresh()
        try:
            yield
        finally:
            with self._lock:
                self._leaving.discard(environment)
            self.refresh()

    def _refreshed(self) -> EdgePort:
        preferred = self._workspace.edge_port
        sites = find_sites(self._workspace, self._leaving) if preferred else ()
        self._sites = {each.environment: each for each in sites}
        if not sites:
            self._take_down()
            return EdgePort(number=0, preferred=preferred)
        for left in reversed(range(TRIES)):
            observed = self._observed()
            port = find_port(self._workspace, observed)
            if not port.number:
                raise EngineError(port.reason, remedy="set SANDBOX_EDGE_PORT to another, or to off")
            try:
                observed = self._converged(
                    edge_state(find_application(self._workspace), port.number), observed
                )
            except EngineError:
                if not left:
                    raise
            else:
                self._connect(observed, sites)
                self._say(EventKind.SYNCED, _words(port, sites))
                return port
        raise AssertionError("the last try returns or raises")

    def _converged(self, desired: DesiredState, observed: ObservedState) -> ObservedState:
        """Carry out what the plan says, as for an environment."""
        policy = replace(self._workspace.policy, waiver_file=self._workspace.waivers())
        plan = plan_sync(desired, without_sites(observed), policy)
        if plan.holds:
            raise EngineError(f"{plan.holds[0].target}: {plan.holds[0].message}")
        if not plan.steps:
            return observed
        self._execute(plan, desired, observed)
        return self._observed()

    def _connect(self, observed: ObservedState, sites: tuple[Site, ...]) -> None:
        """Attach the edge to its environments, and tell it of them."""
        engine = self._workspace.engine
        container = _live(observed)
        added, removed = links(observed.owner, container, sites)
        for name in removed:
            engine.disconnect_network(container.id, name)
        for name in added:
            engine.connect_network(container.id, Endpoint(network_name=name))
        config = edge_config(sites)
        wanted, journal = config_hash(config), self._workspace.journal
        if container.config_hash != wanted:
            journal.mark_routed(container.id, NEVER_PROVED, wanted)
            self._workspace.ingress.apply(container.id, config)
            journal.mark_routed(container.id, container.started_at, wanted)

    def _take_down(self) -> None:
        observed = self._observed()
        if not observed.containers and not observed.networks:
            return
        nothing = DesiredState(
            application="", environment=EDGE_ENVIRONMENT, revision="", release=""
        )
        self._execute(plan_down(observed, volumes=False), nothing, observed)
        self._say(EventKind.STOPPED, "the edge is gone: no environment has a door to it")

    def _execute(self, plan: Plan, desired: DesiredState, observed: ObservedState) -> None:
        policy = replace(self._workspace.policy, waiver_file=self._workspace.waivers())
        results = Execution(
            workspace=self._workspace,
            plan=plan,
            judge=judge_of(desired, observed, policy),
            emit=lambda _event: None,
            stop=lambda: self._stopping,
        ).run()
        for result in results:
            if result.error is not None:
                raise result.error

    def _observed(self) -> ObservedState:
        return observe_edge(self._workspace, find_application(self._workspace))

    def _say(self, kind: EventKind, message: str) -> None:
        """Tell what is news."""
        if message == self._told:
            return
        self._told = message
        at = self._workspace.clock.now()
        self._tell(Event(at=at, environment="", kind=kind, message=message))


def _live(observed: ObservedState) -> ObservedContainer:
    found = [each for each in observed.containers if is_live(each)]
    if not found:
        message = "its container ended while it was brought up"
        raise EngineError(message, temporary=True)
    return max(found, key=lambda each: each.started_at)


def _words(port: EdgePort, sites: tuple[Site, ...]) -> str:
    hosts = sorted(set(filter(None, (environment_host(site.environment) for site in sites))))
    why = f" ({port.reason})" if port.reason else ""
    return f"the edge is at http://127.0.0.1:{port.number}{why} for {', '.join(hosts)}"

"""
The controller as it is, in a world of which every part is simulated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, Final, cast

from typing_extensions import override

from sandbox.adapters.sqlite_journal.rows import text_of
from sandbox.errors import SandboxError
from sandbox.model.event import Event
from sandbox.model.gate import GateResult
from sandbox.model.observed import ContainerState
from sandbox.model.plan import SyncPolicy
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome, SyncRecord
from sandbox.model.waiver import WaiverFile
from sandbox.runtime.controller import Controller
from sandbox.runtime.owned_engine import OwnedEngine
from sandbox.runtime.workspace import Workspace
from tests.fakes.identity import FakeIdentity
from tests.fakes.journal import FakeJournal
from tests.simulation.baton import Baton, Process
from tests.simulation.calls import OF_CLOCK, Calls, FaultKind
from tests.simulation.engine import SimulatedEngine
from tests.simulation.ingress import SimulatedIngress
from tests.simulation.meddling import meddle
from tests.simulation.models import CommitModel
from tests.simulation.oracle import Oracle
from tests.simulation.people import People
from tests.simulation.promotions import Promotions
from tests.simulation.repository import INSTANCE, SimulatedRepository
from tests.simulation.schedule import NEWEST, Deed, DeedKind
from tests.simulation.webhooks import SimulatedWebhooks

STOP_S: Final = 10.0
EDGE_PORT: Final = 8080
_READS = frozenset(
    name
    for name in vars(FakeJournal)
    if not name.startswith(("record", "begin", "end", "mark", "forget", "release", "complete", "_"))
)


READING_S = 1e-6


class SimulatedClock:
    """`sandbox.ports.Clock` of the simulation; as on a machine, no two readings are equal."""

    def __init__(self, baton: Baton, calls: Calls) -> None:
        self._baton = baton
        self._calls = calls
        self._readings = 0

    def now(self) -> float:
        self._readings += 1
        return self._calls.wall() + self._readings * READING_S

    def monotonic(self) -> float:
        return self._baton.now

    def sleep(self, seconds: float) -> None:
        self._baton.sleep(seconds)


class WatchedJournal(FakeJournal):
    """
    One that the oracle reads along with.

    Attributes:
        written: What the adapter would write of events, syncs, gates and quarantines, from the
            first commit with a secret on: before it there is none to be found there.
    """

    def __init__(self, promotions: Promotions) -> None:
        super().__init__()
        self.written: list[str] = []
        self._promotions = promotions

    def _keep(self, record: Event | SyncRecord | GateResult | Quarantine) -> None:
        if self._promotions.repository.has_secrets:
            self.written.append(text_of(record))

    @override
    def record_event(self, event: Event) -> None:
        self._keep(event)
        super().record_event(event)

    @override
    def record_sync(self, record: SyncRecord) -> int:
        self._keep(record)
        return super().record_sync(record)

    @override
    def record_gate(self, result: GateResult) -> None:
        self._keep(result)
        super().record_gate(result)

    def lose(self) -> None:
        """Begin a new one; what was begun in the old one ends nowhere."""
        super().__init__()
        self.noticed = ["the journal was damaged"]
        self._promotions.lost_journal()
        self._promotions.oracle.lost_journal()

    @override
    def end_step(self, number: int, outcome: str, at: float) -> None:
        if number <= len(self.steps):
            super().end_step(number, outcome, at)

    @override
    def quarantine(self, quarantine: Quarantine) -> None:
        self._keep(quarantine)
        super().quarantine(quarantine)
        self._promotions.given_up(quarantine.environment, quarantine.revision)


class SimulatedJournal:
    """A journal that outlives its process: every call of a `FakeJournal`, as a call of a port."""

    def __init__(self, journal: WatchedJournal, calls: Calls) -> None:
        self._journal = journal
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        def method(*args: Any, **given: Any) -> Any:
            if self._calls.take(FaultKind.JOURNAL_LOST, method=name):
                self._journal.lose()
            return getattr(self._journal, name)(*args, **given)

        made = partial(self._read if name in _READS else self._change, name, method)
        setattr(self, name, made)
        return made

    def _read(self, name: str, method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        self._calls.read("journal", name)
        return method(*args, **given)

    def _change(self, name: str, method: Callable[..., Any], *args: Any, **given: Any) -> Any:
        with self._calls.change("journal", name, ""):
            return method(*args, **given)


class SimulatedLock:
    """The lock of the process that runs."""

    def holder(self) -> str | None:
        return "sandbox up"

    def still_held(self) -> bool:
        return True


class SimulatedFeed:
    """Wakes the thread that watches the branches."""

    def __init__(self) -> None:
        self.wake: Callable[[], None] = lambda: None

    def start(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    def stop(self) -> None:
        self.wake = lambda: None


class World:
    """
    Attributes:
        told: What the controllers told, a line each.
    """

    def __init__(self, baton: Baton, webhooks: Random, *, edge: bool = False) -> None:
        self.baton = baton
        self._edge_port = EDGE_PORT if edge else 0
        self.calls = Calls(baton, [], Counter(), Counter())
        self.oracle = Oracle()
        self.webhooks = SimulatedWebhooks(baton, self.calls, self.oracle, webhooks)
        self.repository = SimulatedRepository(baton, self.calls)
        self.promotions = Promotions(self.oracle, self.repository)
        self.engine = SimulatedEngine(baton, self.calls, self.oracle, self.promotions)
        self.ingress = SimulatedIngress(self.calls, self.engine)
        self.journal = WatchedJournal(self.promotions)
        self.identity = FakeIdentity(INSTANCE)
        self.feed = SimulatedFeed()
        self.controllers = 0
        self.process = Process("none")
        self.controller: Controller | None = None
        self.people = People(self)
        self.repository.on_commit = self._committed
        self.repository.on_move = self._moved
        self.oracle.read = self.repository.read_last
        self.oracle.now = lambda: baton.now
        self.oracle.is_clock_set = lambda: any(self.calls.hit[kind] for kind in OF_CLOCK)
        self.oracle.served = self._served
        self.oracle.is_back = lambda name: self.journal.quarantined(name) is not None
        self.oracle.refused = self._refused
        self.oracle.approved = self._approved

    def _served(self, environment: str) -> set[str]:
        return {
            server.name
            for container_id, running in self.ingress.running.items()
            if (door := self.engine.containers.get(container_id))
            and door.state is ContainerState.RUNNING
            and door.labels["dev.sandbox.environment"] == environment
            for backend in running.config.backends
            for server in backend.servers
            if server.weight
        }

    def _refused(self, environment: str) -> CommitModel | None:
        quarantine = self.journal.quarantined(environment)
        return self.repository.model_at(environment, quarantine.revision) if quarantine else None

    def _approved(self, environment: str) -> CommitModel | None:
        last = next(iter(self.journal.syncs(environment)), None)
        if last is None or last.outcome is not Outcome.SUCCEEDED or not last.revision:
            return None
        return self.repository.model_at(environment, last.revision)

    def commit(self, environment: str, model: CommitModel, *, force: bool) -> None:
        self.repository.commit(environment, model, force=force)

    def _committed(self, environment: str, model: CommitModel) -> None:
        self.oracle.commit(environment, model)
        self.feed.wake()

    def _moved(self, environment: str, model: CommitModel) -> None:
        self.oracle.moved(environment, model)
        self.promotions.asked[environment] += 1
        self.feed.wake()

    def start_controller(self) -> None:
        """Begin a new process, which knows what the journal and the engine keep."""
        self.controllers += 1
        self.oracle.begins_again()
        self.process = Process(f"controller {self.controllers}")
        self.feed.stop()
        workspace = self._workspace(self.identity)

        def work() -> None:
            self.controller = Controller(workspace, self._told)
            try:
                self.controller.run(())
            except SandboxError as error:
                # The command says so and ends; somebody gives it again.
                self.baton.log.append(f"{self.baton.now:.3f} up: {error.message}")
                self.baton.kill(self.process)

        self.controller = None
        self.baton.start(self.process, "controller", work)

    def stop(self) -> bool:
        """Tell the controller to end, and begin again; false when it took too long to end."""
        if self.controller is None:
            return True
        self.controller.stop()
        until = self.baton.now + STOP_S
        main = next((task for task in self.process.tasks if task.name == "controller"), None)
        if main is not None:
            self.baton.join(main, STOP_S)
        late = self.baton.now >= until
        # Its other threads are daemons: they end with their process.
        self.restart()
        return not late

    def revive(self) -> None:
        """Begin again where a fault has killed the controller."""
        if self.process.killed:
            while self.process.tasks:
                self.baton.wait(self.process.ended)
            self.start_controller()

    def restart(self) -> None:
        self.baton.kill(self.process)
        self.revive()

    def _told(self, event: Event) -> None:
        self.baton.log.append(
            f"{self.baton.now:.3f} {event.environment}: {event.kind} {event.message}"
        )

    def workspace_of_person(self) -> Workspace:
        """Give what a command works on that holds no lock."""
        return self._workspace(FakeIdentity(INSTANCE))

    def _workspace(self, identity: FakeIdentity) -> Workspace:
        clock = SimulatedClock(self.baton, self.calls)
        journal = cast("Any", SimulatedJournal(self.journal, self.calls))
        return Workspace(
            repository=cast("Any", self.repository),
            engine=OwnedEngine(self.engine, journal=journal, identity=identity, clock=clock),
            ingress=self.ingress,
            journal=journal,
            runs=cast("Any", None),
            webhooks=self.webhooks,
            lock=cast("Any", SimulatedLock()),
            clock=clock,
            feed=self.feed,
            policy=SyncPolicy(),
            taken_ports=lambda _: (),
            waivers=WaiverFile,
            choose_control=cast("Any", None),
            release_all=lambda: None,
            edge_port=self._edge_port,
        )

    # what people do

    def meddle(self, deed: Deed) -> None:
        """Do it to one of the containers that there are now, if there are any."""
        ours = sorted(
            (
                one
                for one in self.engine.containers.values()
                if one.labels.get("dev.sandbox.environment") == deed.environment
                and deed.service in {"", one.labels.get("dev.sandbox.service", "")}
            ),
            key=lambda one: one.name,
        )
        if deed.kind is DeedKind.CHANGE_MEMORY:
            # Before that, nobody can tell it from what the engine makes of a limit.
            ours = [one for one in ours if self.oracle.is_known(one)]
        if not ours:
            return
        newest = max(ours, key=lambda one: one.created_at)
        container = newest if deed.rank == NEWEST else ours[deed.rank % len(ours)]
        self.baton.log.append(f"{self.baton.now:.3f} person: {deed.kind} {container.name}")
        self.oracle.touch(container)
        self.promotions.meddled(container)
        meddle(self.engine, deed.kind, container.observed())
        self.baton.turn()

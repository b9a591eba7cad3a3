"""One controller per repository, one worker per environment, so that none blocks another."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.model.event import EventKind
from sandbox.model.notification import QUIET
from sandbox.planning.edge_state import EDGE_ENVIRONMENT
from sandbox.runtime.desired import environment_names
from sandbox.runtime.edge import Edge
from sandbox.runtime.heads import Heads
from sandbox.runtime.notifier import Notifier
from sandbox.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.event import Event
    from sandbox.runtime.workspace import Workspace

STOP_S = 8.0
"""How long a sync under way may take to end safely; what is cut then is resumed by the next run."""
RECONNECT_S = 1.0
SIGNAL_S = 1.0


class Controller:
    """
    Keeps workers, and wakes them.

    Args:
        on_event: Told what happens; the journal is told before.
    """

    def __init__(self, workspace: Workspace, on_event: Callable[[Event], None]) -> None:
        self.workspace = workspace
        self._on_event = on_event
        self._heads = Heads(workspace, self._wake_all, self.stop)
        self.edge = Edge(workspace, self.emit)
        self._notifier = Notifier(workspace, self.emit)
        # A handler of signals may interrupt whoever holds the lock of an event, but not this queue.
        self._stop_asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._workers: dict[str, tuple[Worker, threading.Thread]] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._follows_all = False
        self._released: set[str] = set()

    def run(self, environments: Sequence[str]) -> None:
        """Reconcile *environments* (all when none is named) until `stop`."""
        threads = [
            threading.Thread(target=self._heads.run, name="heads", daemon=True),
            threading.Thread(target=self._follow_engine, name="engine-events", daemon=True),
            threading.Thread(target=self.edge.run, name="edge", daemon=True),
            threading.Thread(target=self._notifier.run, name="notifier", daemon=True),
        ]
        for thread in threads:
            thread.start()
        self.take(environments)
        self._await_stop()
        self.edge.stop()
        self._end_workers()
        self._heads.stop()
        self._notifier.stop()

    def stop(self) -> None:
        """End `run` within `STOP_S`, leaving containers as they are. Fit for signal handlers."""
        self._stop_asked.put(None)

    def take(self, environments: Sequence[str]) -> None:
        """Look after these too; after all that there are, and that come, when none is named."""
        self._follows_all = self._follows_all or not environments
        for environment in environments or environment_names(self.workspace.repository):
            self._released.discard(environment)
            self._take(environment)

    def worker(self, environment: str) -> Worker | None:
        """Give who looks after *environment*."""
        with self._lock:
            pair = self._workers.get(environment)
        return pair[0] if pair and pair[1].is_alive() else None

    def release(self, environment: str) -> Worker | None:
        """Look after *environment* no more, until it is taken again by name; give who did."""
        self._released.add(environment)
        with self._lock:
            pair = self._workers.pop(environment, None)
        return pair[0] if pair and pair[1].is_alive() else None

    def turn(self, environment: str) -> threading.Lock:
        """Give the lock that is held by its worker, or a person who works on it without one."""
        with self._lock:
            return self._turns.setdefault(environment, threading.Lock())

    @property
    def environments(self) -> tuple[str, ...]:
        """Names of those that are looked after, sorted."""
        with self._lock:
            return tuple(sorted(self._workers))

    def emit(self, event: Event) -> None:
        """Write *event* to the journal and pass it on; builder output is only passed on."""
        if event.kind is not EventKind.OUTPUT:
            self.workspace.journal.record_event(event)
        if event.kind not in QUIET:
            self._notifier.wake()
        self._on_event(event)

    def _take(self, environment: str) -> None:
        turn = self.turn(environment)
        # Under one lock: two workers of one environment would do everything twice, and one that
        # began when the others are ended would outlive the lock of the repository.
        with self._lock:
            pair = self._workers.get(environment)
            if self._stopping.is_set() or (pair and pair[1].is_alive()):
                return
            worker = Worker(
                self.workspace, environment, self._heads, self.edge, self.emit, turn=turn
            )
            thread = threading.Thread(target=worker.run, name=environment, daemon=True)
            self._workers[environment] = (worker, thread)
            thread.start()

    def _wake_all(self) -> None:
        if self._follows_all:
            self._take_new()
        with self._lock:
            workers = [worker for worker, _ in self._workers.values()]
        for worker in workers:
            worker.wake()

    def _take_new(self) -> None:
        """A commit may bring an environment; one that vanished keeps its worker, which says so."""
        try:
            names = environment_names(self.workspace.repository)
        except SandboxError:
            return
        for name in names:
            if name not in self._released:
                self._take(name)

    def _follow_engine(self) -> None:
        while not self._stopping.is_set():
            try:
                self.workspace.engine.wait_events(
                    self.workspace.repository.instance, self._wake, self._stopping.is_set
                )
            except SandboxError:
                self._stopping.wait(RECONNECT_S)

    def _wake(self, environment: str) -> None:
        worker = self.worker(environment) if environment else None
        if worker is not None:
            worker.wake()
        elif environment == EDGE_ENVIRONMENT:
            self.edge.wake()
            # It is on networks of theirs, and one of them may wait until it has let go.
            self._wake_all()
        elif not environment:
            self._wake_all()

    def _await_stop(self) -> None:
        while not self._stopping.is_set():
            # Another thread may get the signal; its handler runs when this one wakes.
            with suppress(queue.Empty):
                self._stop_asked.get(timeout=SIGNAL_S)
                self._stopping.set()

    def _end_workers(self) -> None:
        with self._lock:
            pairs = list(self._workers.values())
        for worker, _ in pairs:
            worker.stop()
        deadline = self.workspace.clock.monotonic() + STOP_S
        for _, thread in pairs:
            thread.join(max(0.0, deadline - self.workspace.clock.monotonic()))

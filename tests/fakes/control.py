"""
A control that answers from what the test put in; it stands for the runtime behind the socket.
"""

import threading
from collections.abc import Callable, Iterator, Sequence

from sandbox.model.event import Event
from sandbox.model.record import SyncRecord
from sandbox.model.status import EnvironmentStatus


class FakeControl:
    """
    Implements `sandbox.ports.Control`.
    """

    def __init__(
        self,
        *,
        statuses: Sequence[EnvironmentStatus] = (),
        events: Sequence[Event] = (),
        record: SyncRecord | None = None,
        failure: Exception | None = None,
    ) -> None:
        self.statuses = tuple(statuses)
        self.past = tuple(events)
        self.record = record
        self.failure = failure
        self.asked: list[tuple[object, ...]] = []
        self.stopped = threading.Event()
        self.left = threading.Event()
        self.hold: threading.Event | None = None

    def status(self, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        self._ask("status", *environments)
        return tuple(
            each for each in self.statuses if not environments or each.name in environments
        )

    def up(self, environments: Sequence[str]) -> None:
        self._ask("up", *environments)

    def sync(
        self, environment: str, on_event: Callable[[Event], None], *, rerun: bool = False
    ) -> SyncRecord:
        return self._work(on_event, "sync", environment, *(["rerun"] if rerun else []))

    def down(
        self, environment: str, *, volumes: bool, on_event: Callable[[Event], None]
    ) -> SyncRecord:
        return self._work(on_event, "down", environment, volumes)

    def events(self, *, after: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Event]]:
        self._ask("events", after)
        yield from enumerate(self.past, start=after + 1)
        while not stop():
            self.left.wait(0.01)
        self.left.set()

    def stop(self) -> bool:
        self._ask("stop")
        self.stopped.set()
        return True

    def _ask(self, *words: object) -> None:
        self.asked.append(words)
        if self.failure is not None:
            raise self.failure

    def _work(self, on_event: Callable[[Event], None], *words: object) -> SyncRecord:
        for event in self.past:
            on_event(event)
        if self.hold is not None:
            self.hold.wait(10.0)
        self._ask(*words)
        assert self.record is not None, "the test gave no record"
        return self.record

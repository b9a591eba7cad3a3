"""
What is counted before, during and after a sync.
"""

from dataclasses import replace

from sandbox.model.observed import ObservedState
from sandbox.model.receipt import Receipt, Traffic
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.planning.labels import SERVICE
from sandbox.planning.routes import INGRESS
from sandbox.runtime.meter import LAP_S, Meter
from tests.builders import a_desired_state, a_running_state, a_service, an_observed_state
from tests.fakes.clock import FakeClock
from tests.fakes.ingress import FakeIngress
from tests.fakes.journal import FakeJournal

DESIRED = a_desired_state(a_service())
NOTHING = an_observed_state(DESIRED)
SYNC = SyncRecord(
    environment="staging",
    revision="a" * 40,
    trigger=Trigger.COMMIT,
    started_at=1.0,
    finished_at=2.0,
    outcome=Outcome.SUCCEEDED,
    receipt=Receipt(),
)


def with_ingress(container_id: str) -> ObservedState:
    """
    An environment that has an ingress beside its service.
    """
    observed = a_running_state(DESIRED)
    (web,) = observed.containers
    ingress = replace(web, id=container_id, labels={**web.labels, SERVICE: INGRESS})
    return replace(observed, containers=(ingress, web))


class Ground:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.ingress = FakeIngress()
        self.ingress.start("i1")
        self.meter = Meter(ingress=self.ingress, journal=self.journal, clock=self.clock)

    def serve(self, requests: int, seconds: float = 5.0, *, container_id: str = "i1") -> None:
        self.ingress.running[container_id].requests["web-80", "web-1"] += requests
        self.clock.advance(seconds)

    def after(self, number: int) -> Traffic | None:
        record = self.journal.sync(number)
        assert record is not None
        assert record.receipt is not None
        return record.receipt.after


def told(traffic: Traffic | None) -> tuple[float, int]:
    assert traffic is not None
    return traffic.seconds, traffic.total.requests


def test_each_lap_has_the_requests_of_its_seconds() -> None:
    ground, observed = Ground(), with_ingress("i1")
    ground.serve(100)
    ground.meter.look(observed)
    ground.serve(0, LAP_S)
    ground.meter.look(observed)

    ground.serve(7, 10)
    before = ground.meter.begin_sync(observed)
    ground.serve(3, 2)
    during = ground.meter.end_sync(observed)

    assert told(before) == (10, 7)
    assert told(during) == (2, 3)


def test_what_follows_a_sync_completes_its_receipt_once() -> None:
    ground, observed = Ground(), with_ingress("i1")
    ground.meter.begin_sync(observed)
    ground.meter.end_sync(observed)
    number = ground.journal.record_sync(SYNC)
    ground.meter.recorded(number)

    ground.serve(4, LAP_S / 2)
    ground.meter.look(observed)
    assert ground.after(number) is None
    ground.serve(4, LAP_S / 2)
    ground.meter.look(observed)
    assert told(ground.after(number)) == (LAP_S, 8)
    ground.serve(50, LAP_S)
    ground.meter.look(observed)
    assert told(ground.after(number)) == (LAP_S, 8)


def test_a_sync_that_follows_soon_ends_what_came_after_the_last_one() -> None:
    ground, observed = Ground(), with_ingress("i1")
    ground.meter.begin_sync(observed)
    ground.meter.end_sync(observed)
    number = ground.journal.record_sync(SYNC)
    ground.meter.recorded(number)
    ground.serve(4, 2)

    before = ground.meter.begin_sync(observed)

    assert told(before) == (2, 4)
    assert ground.after(number) == before


def test_what_was_counted_before_the_first_look_is_of_no_lap() -> None:
    ground, observed = Ground(), with_ingress("i1")
    ground.serve(100)

    assert ground.meter.begin_sync(observed) is None
    ground.serve(3)
    assert told(ground.meter.end_sync(observed)) == (5, 3)


def test_an_ingress_that_the_sync_made_counts_from_zero() -> None:
    ground = Ground()

    assert ground.meter.begin_sync(NOTHING) is None
    ground.serve(9, 5)
    assert told(ground.meter.end_sync(with_ingress("i1"))) == (5, 9)


def test_a_replaced_ingress_counts_from_zero() -> None:
    ground = Ground()
    ground.serve(10)
    ground.meter.begin_sync(with_ingress("i1"))
    ground.ingress.start("i2")
    ground.serve(90, 5, container_id="i2")

    assert told(ground.meter.end_sync(with_ingress("i2"))) == (5, 90)


def test_without_an_ingress_nothing_is_counted() -> None:
    ground = Ground()

    assert ground.meter.begin_sync(NOTHING) is None
    assert ground.meter.end_sync(NOTHING) is None


def test_an_ingress_that_does_not_answer_is_no_failure_and_loses_nothing() -> None:
    ground, observed = Ground(), with_ingress("i1")
    ground.meter.begin_sync(observed)
    ground.serve(5, 3)
    silent = ground.ingress.running.pop("i1")

    assert ground.meter.end_sync(observed) is None
    ground.ingress.running["i1"] = silent
    ground.serve(6, 4)
    assert told(ground.meter.begin_sync(observed)) == (7, 11)

"""What every journal does: the one on disk and the one that tests use."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.model.event import Event, EventKind
from sandbox.model.observed import Creation
from sandbox.model.ownership import Kind, Made, Present
from sandbox.model.plan import Change
from sandbox.model.quarantine import Quarantine
from sandbox.model.receipt import Receipt, ServiceFigures, Stages, Traffic
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.service import Limits
from sandbox.model.status import Suspension
from sandbox.model.steadiness import HealthRecord
from sandbox.model.syncing import RunningStep, Syncing
from sandbox.model.verdict import Decision, Figures, Ground, Reason, Verdict
from sandbox.ports import Journal
from tests.builders import A_GATE_RESULT
from tests.fakes.journal import FakeJournal

MAKERS: dict[str, Callable[[Path], Journal]] = {
    "sqlite": lambda folder: SqliteJournal(str(folder / "sandbox"), pytest.fail),
    "fake": lambda _: FakeJournal(),
}

SYNC = SyncRecord(
    environment="staging",
    revision="a" * 40,
    release="b" * 40,
    trigger=Trigger.DRIFT,
    started_at=10.5,
    finished_at=12.25,
    outcome=Outcome.FAILED,
    message="web: exited with 1: ünï",
    steps=(
        StepRecord(step_id="1", reason="new", outcome=Outcome.SUCCEEDED, seconds=0.5),
        StepRecord(step_id="2", reason="x", outcome=Outcome.ERRORED, seconds=1.0, message="no"),
    ),
    log=("one", "two"),
)
FIGURES = Figures(requests=200, failed=10, p50_ms=3, p95_ms=9, p99_ms=20)
TRAFFIC = Traffic(
    seconds=30.0,
    total=FIGURES,
    services=(ServiceFigures(service_name="web", figures=FIGURES),),
)
MEASURED = replace(
    SYNC,
    steps=(
        StepRecord(
            step_id="analyse web",
            reason="10 %",
            outcome=Outcome.FAILED,
            seconds=2.5,
            began_at=10.75,
            changes=(Change(field="environment.A", old=None, new="1"),),
            verdict=Verdict(
                decision=Decision.ABORT,
                reasons=(Reason(ground=Ground.ERROR_RATE, measured=0.05, limit=0.01),),
                new=FIGURES,
            ),
        ),
    ),
    receipt=Receipt(stages=Stages(seen=0.25, built=4.0), before=TRAFFIC, during=TRAFFIC),
)
QUARANTINE = Quarantine(
    environment="staging",
    revision="b" * 40,
    reason="web-1 exited with 1",
    log=("one", "two"),
    since=12.5,
    serving="a" * 40,
)
EVENT = Event(at=1.5, environment="staging", kind=EventKind.STEP_ENDED, message="m", seconds=0.1)


@pytest.fixture(params=sorted(MAKERS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    made = MAKERS[request.param](tmp_path)
    yield made
    made.close()


def test_an_empty_journal_holds_nothing(journal: Journal) -> None:
    assert journal.syncs("staging") == ()
    assert journal.events() == ()
    assert journal.ready() == {}
    assert journal.suspensions() == ()
    assert journal.resume("staging") is False
    assert journal.sync(1) is None
    assert journal.routed() == {}
    assert journal.jobs_done("staging") == frozenset()
    assert journal.gate_results() == ()
    assert journal.quarantined("staging") is None
    assert journal.release_quarantine("staging") is False


def test_a_sync_comes_back_as_it_was_with_its_number(journal: Journal) -> None:
    number = journal.record_sync(SYNC)

    assert number > 0
    assert journal.syncs("staging") == (replace(SYNC, id=number),)


def test_a_sync_with_all_that_was_measured_comes_back_as_it_was(journal: Journal) -> None:
    number = journal.record_sync(MEASURED)

    assert journal.sync(number) == replace(MEASURED, id=number)
    assert journal.sync(number + 1) is None


def test_what_came_after_a_sync_is_added_to_its_receipt_alone(journal: Journal) -> None:
    receipt = MEASURED.receipt
    assert receipt is not None
    first, second, third = (journal.record_sync(each) for each in (MEASURED, SYNC, MEASURED))

    for number in (first, second, third + 1):
        journal.complete_receipt(number, TRAFFIC)

    completed = replace(MEASURED, id=first, receipt=replace(receipt, after=TRAFFIC))
    assert journal.sync(first) == completed
    assert journal.sync(second) == replace(SYNC, id=second)
    assert journal.sync(third) == replace(MEASURED, id=third)


def test_syncs_of_all_environments_come_newest_first(journal: Journal) -> None:
    for number in range(4):
        environment = ("staging", "production")[number % 2]
        journal.record_sync(replace(SYNC, environment=environment, started_at=float(number)))

    assert [one.started_at for one in journal.syncs(limit=3)] == [3, 2, 1]


def test_syncs_of_an_environment_come_newest_first_and_limited(journal: Journal) -> None:
    for number in range(6):
        environment = ("staging", "production")[number % 2]
        journal.record_sync(replace(SYNC, environment=environment, started_at=float(number)))

    assert [one.started_at for one in journal.syncs("staging")] == [4, 2, 0]
    assert [one.started_at for one in journal.syncs("production", limit=2)] == [5, 3]


def test_the_result_of_a_gate_comes_back_as_it_was(journal: Journal) -> None:
    journal.record_gate(A_GATE_RESULT)

    assert journal.gate_results("staging") == (A_GATE_RESULT,)
    assert journal.gate_results("production") == ()


def test_results_of_gates_come_newest_first_and_limited(journal: Journal) -> None:
    for number in range(6):
        environment = ("staging", "production")[number % 2]
        journal.record_gate(
            replace(A_GATE_RESULT, environment=environment, started_at=float(number))
        )

    assert [one.started_at for one in journal.gate_results("staging")] == [4, 2, 0]
    assert [one.started_at for one in journal.gate_results(limit=4)] == [5, 4, 3, 2]


def test_events_without_a_start_are_the_newest_oldest_first(journal: Journal) -> None:
    for number in range(5):
        journal.record_event(replace(EVENT, at=float(number)))

    assert [event.at for _, event in journal.events(limit=3)] == [2, 3, 4]


def test_events_after_a_number_are_the_next_ones_oldest_first(journal: Journal) -> None:
    for number in range(5):
        journal.record_event(replace(EVENT, at=float(number)))
    numbers = [number for number, _ in journal.events()]

    following = journal.events(after=numbers[1], limit=2)

    assert [number for number, _ in following] == numbers[2:4]
    assert [event.at for _, event in following] == [2, 3]
    assert journal.events(after=numbers[-1]) == ()


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_kind_of_event_comes_back_as_it_was(kind: EventKind, journal: Journal) -> None:
    event = replace(EVENT, kind=kind, revision="r", service_name="web", step_id="3", seconds=None)

    journal.record_event(event)

    assert [found for _, found in journal.events()] == [event]


def test_steps_have_numbers_of_their_own(journal: Journal) -> None:
    first = journal.begin_step("staging", "1", 1.0)
    second = journal.begin_step("staging", "1", 2.0)
    journal.end_step(first, "succeeded", 3.0)

    assert 0 < first < second


def test_steps_are_known_with_when_they_began(journal: Journal) -> None:
    for environment, step_id, at in [
        ("staging", "start web-1", 1.0),
        ("staging", "start web-1", 2.0),
        ("production", "start db-1", 2.5),
        ("staging", "await web-1", 3.0),
    ]:
        journal.begin_step(environment, step_id, at)

    assert journal.steps_since("staging", 2.0) == (("start web-1", 2.0), ("await web-1", 3.0))


def test_readiness_is_remembered_for_the_last_start(journal: Journal) -> None:
    journal.mark_ready("a", 1.0)
    journal.mark_ready("b", 2.5)
    journal.mark_ready("a", 3.0)

    assert journal.ready() == {"a": 3.0, "b": 2.5}


def test_the_last_proof_of_an_ingress_is_remembered(journal: Journal) -> None:
    journal.mark_routed("a", 1.0, "old")
    journal.mark_routed("b", 2.5, "other")
    journal.mark_routed("a", 1.0, "new")

    assert journal.routed() == {"a": (1.0, "new"), "b": (2.5, "other")}


def test_what_the_engine_made_of_containers_is_remembered(journal: Journal) -> None:
    first = Creation(limits=Limits(memory_bytes=1), warnings=("no swap",))
    second = Creation(limits=Limits())
    journal.record_creation("a", first)
    journal.record_creation("b", second)
    journal.record_creation("b", first)

    assert journal.creations(["b", "c"]) == {"b": first}
    assert journal.creations([]) == {}


def test_jobs_that_ended_well_are_remembered_until_their_work_is_gone(journal: Journal) -> None:
    for environment, spec_hash in (("staging", "a"), ("staging", "b"), ("production", "a")):
        journal.mark_job_done(environment, spec_hash)
    journal.mark_job_done("staging", "a")

    assert journal.jobs_done("staging") == {"a", "b"}
    journal.forget_jobs("staging")
    assert journal.jobs_done("staging") == frozenset()
    assert journal.jobs_done("production") == {"a"}


def test_a_quarantine_lasts_until_it_is_released(journal: Journal) -> None:
    other = replace(QUARANTINE, environment="production")
    for quarantine in (replace(QUARANTINE, revision="c" * 40), QUARANTINE, other):
        journal.quarantine(quarantine)

    assert journal.quarantined("staging") == QUARANTINE
    assert journal.release_quarantine("staging") is True
    assert journal.release_quarantine("staging") is False
    assert journal.quarantined("staging") is None
    assert journal.quarantined("production") == other


def test_a_suspension_lasts_until_it_is_resumed(journal: Journal) -> None:
    old = Suspension(environment="staging", reason="old", since=1.0)
    new = Suspension(environment="staging", reason="new", since=2.0, until=3.0, author="me")
    other = Suspension(environment="production", reason="", since=1.0)
    for suspension in (old, new, other):
        journal.suspend(suspension)

    assert journal.suspensions() == (other, new)
    assert journal.resume("staging") is True
    assert journal.resume("staging") is False
    assert journal.suspensions() == (other,)


def test_several_threads_may_write_and_read(journal: Journal) -> None:
    def work(environment: str) -> None:
        for _ in range(20):
            journal.record_sync(replace(SYNC, environment=environment))
            journal.record_event(replace(EVENT, environment=environment))
            journal.syncs(environment)

    threads = [threading.Thread(target=work, args=(f"e{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert [len(journal.syncs(f"e{number}", limit=99)) for number in range(4)] == [20] * 4
    numbers = [number for number, _ in journal.events()]
    assert len(numbers) == len(set(numbers)) == 80


def test_what_was_created_is_kept_by_its_tag(journal: Journal) -> None:
    intent = Made(tag="1-2-3-4", kind=Kind.CONTAINER, name="web-1")
    other = Made(tag="adopted volume data", kind=Kind.VOLUME, name="data", object_id="data")
    journal.record_made(intent)
    journal.record_made(other)
    assert journal.made() == (intent, other)

    done = replace(intent, object_id="c" * 64)
    journal.record_made(done)
    assert set(journal.made()) == {done, other}


def test_what_is_present_is_kept_for_each_environment(journal: Journal) -> None:
    assert journal.present("staging") == Present()
    journal.record_present("staging", Present(containers=frozenset("ab"), volumes=frozenset("d")))
    journal.record_present("production", Present(volumes=frozenset("e")))
    assert journal.present("staging").containers == {"a", "b"}
    assert journal.present("staging").volumes == {"d"}

    journal.record_present("staging", Present(containers=frozenset("b")))
    assert journal.present("staging") == Present(containers=frozenset("b"))
    assert journal.present("production") == Present(volumes=frozenset("e"))


def test_the_health_of_a_service_is_remembered_until_it_is_forgotten(journal: Journal) -> None:
    web = HealthRecord(environment="staging", service_name="web", healthy=True, since=1.0)
    ill = replace(web, healthy=False, since=2.5, changes=(2.5,), flapping=True, restarts=2)
    database = replace(web, service_name="db")
    other = replace(web, environment="production")
    for record in (web, database, other, ill):
        journal.record_health(record)

    assert journal.health_records("staging") == (database, ill)
    journal.forget_health("staging", "web")
    assert journal.health_records("staging") == (database,)
    journal.forget_health("staging")
    assert journal.health_records("staging") == ()
    assert journal.health_records("production") == (other,)


def test_how_far_a_sync_is_lasts_until_it_ends(journal: Journal) -> None:
    step = RunningStep(id="gate units", service_name="units", began_at=1.5, output="ünï")
    begun = Syncing(environment="staging", began_at=1.0, holder="sandbox up", steps=3)
    later = replace(begun, revision="a" * 40, done=1, running=(step,), output=("one", "two"))
    other = replace(begun, environment="production")
    for syncing in (begun, other, later):
        journal.record_syncing(syncing)

    assert journal.syncing("staging") == later
    journal.end_syncing("staging")
    assert journal.syncing("staging") is None
    assert journal.syncing("production") == other


def test_events_of_health_are_found_among_others(journal: Journal) -> None:
    kinds = (EventKind.UNHEALTHY, EventKind.SYNCED, EventKind.FLAPPING, EventKind.HEALTHY)
    for number, kind in enumerate(kinds):
        for environment in ("staging", "production"):
            found = replace(EVENT, kind=kind, environment=environment, at=float(number))
            journal.record_event(found)

    found_kinds = [each.kind for each in journal.health_events("staging", limit=9)]
    assert found_kinds == [EventKind.HEALTHY, EventKind.FLAPPING, EventKind.UNHEALTHY]
    assert [each.at for each in journal.health_events("staging", limit=1)] == [3.0]

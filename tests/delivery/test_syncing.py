"""What happens in a sync is folded into one value, whoever keeps it."""

from dataclasses import replace

from sandbox.delivery.syncing import advance, begin, with_running
from sandbox.model.event import Event, EventKind
from sandbox.model.gate import GatePhase, GateStatus, GateVerdict
from sandbox.model.syncing import RunningStep, Syncing
from tests.builders import NOW, REVISION

GATE = GateStatus(name="units", phase=GatePhase.BEFORE, verdict=GateVerdict.PASSED, ended_at=NOW)


def happened(kind: EventKind, step_id: str = "", message: str = "", *, steps: int = 0) -> Event:
    return Event(
        at=NOW,
        environment="staging",
        kind=kind,
        message=message,
        revision=REVISION,
        step_id=step_id,
        steps=steps,
    )


def folded(*events: Event) -> Syncing:
    syncing = begin("staging", 10.0)
    for second, event in enumerate(events, start=11):
        syncing = advance(syncing, event, float(second))
    return syncing


def test_each_line_belongs_to_the_step_that_printed_it() -> None:
    syncing = folded(
        happened(EventKind.PLANNED, steps=3),
        happened(EventKind.STEP_BEGAN, "build image db"),
        happened(EventKind.STEP_BEGAN, "build image web"),
        happened(EventKind.OUTPUT, "build image db", "Get:12"),
        happened(EventKind.OUTPUT, "build image web", "x" * 1000),
    )

    db, web = syncing.running
    assert (syncing.done, syncing.steps, syncing.revision) == (0, 3, REVISION)
    assert db == RunningStep(id="build image db", began_at=12.0, output="Get:12")
    assert len(web.output) == 500
    assert syncing.output == ("Get:12", web.output)


def test_a_step_that_ended_is_counted_and_another_plan_counts_anew() -> None:
    events = [
        happened(EventKind.PLANNED, steps=2),
        happened(EventKind.STEP_BEGAN, "a"),
        happened(EventKind.STEP_ENDED, "a"),
        happened(EventKind.STEP_BEGAN, "b"),
        happened(EventKind.STEP_FAILED, "b"),
    ]
    assert (folded(*events).done, folded(*events).running) == (2, ())
    again = folded(*events, happened(EventKind.PLANNED, steps=5))
    assert (again.done, again.steps) == (0, 5)


def test_other_environments_change_nothing() -> None:
    before = folded(happened(EventKind.PLANNED, steps=2))
    other = replace(happened(EventKind.STEP_ENDED, "a"), environment="production")
    assert advance(before, other, NOW) == before


def test_a_gate_whose_step_runs_is_running_whatever_came_of_it_before() -> None:
    syncing = folded(happened(EventKind.STEP_BEGAN, "gate units"))
    other = replace(GATE, name="smoke")

    assert with_running((other, GATE), syncing) == (
        other,
        replace(GATE, running=True, began_at=11.0),
    )
    assert with_running((GATE,), None) == (GATE,)

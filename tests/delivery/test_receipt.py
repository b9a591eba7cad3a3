"""
Receipts from steps and from what the ingress counted.
"""

import pytest

from sandbox.delivery.receipt import receipt_of, traffic_of
from sandbox.delivery.window import Window, advance
from sandbox.model import action as actions
from sandbox.model.ingress import IngressReport, ServerCounters
from sandbox.model.receipt import Receipt, ServiceFigures, Stages, Traffic
from sandbox.model.record import Outcome, StepRecord
from sandbox.model.service import Condition
from sandbox.model.verdict import Figures
from tests.builders import a_build

BUILD = actions.BuildImage(tags=("a",), build=a_build(), release="")
START = actions.StartContainer(container_name="web-1")
AWAIT = actions.AwaitContainer(container_name="web-1", until=Condition.HEALTHY, deadline_s=9)
SHIFT = actions.ShiftTraffic(service_name="web", ingress_name="i", shares={"web-1": 100})
STOP = actions.StopContainer(container_name="web-1", container_id="1", grace_s=1)
REMOVE = actions.RemoveContainer(container_name="web-1", container_id="1")


def ran(action: actions.Action, begin: float, seconds: float) -> tuple[actions.Action, StepRecord]:
    record = StepRecord(
        step_id="s", reason="r", outcome=Outcome.SUCCEEDED, seconds=seconds, began_at=begin
    )
    return action, record


def test_a_stage_that_there_was_not_has_no_seconds() -> None:
    assert receipt_of([]) == Receipt()
    assert receipt_of([ran(SHIFT, 5, 0)]).stages == Stages(switched=0.0)


def test_a_stage_lasts_while_any_of_its_steps_runs() -> None:
    steps = [
        ran(BUILD, 100, 4),
        ran(BUILD, 101, 1),
        ran(BUILD, 103, 3),
        ran(START, 106, 0.5),
        ran(AWAIT, 106.5, 2),
        ran(STOP, 120, 1),
        ran(REMOVE, 130, 0.25),
    ]

    found = receipt_of(steps, seen_s=0.5, loaded_s=0.125)

    assert found.stages == Stages(seen=0.5, loaded=0.125, built=6, ready=2.5, drained=1.25)


def test_the_order_of_the_steps_does_not_matter() -> None:
    steps = [ran(BUILD, 103, 3), ran(BUILD, 100, 4), ran(SHIFT, 110, 1)]

    assert receipt_of(steps) == receipt_of(steps[::-1])


def test_what_was_counted_before_and_meanwhile_is_kept_and_what_follows_is_open() -> None:
    before, during = Traffic(seconds=30), Traffic(seconds=5, total=Figures(requests=3))

    found = receipt_of([], before=before, during=during)

    assert (found.before, found.during, found.after) == (before, during, None)


def counted(*servers: ServerCounters) -> Window:
    return advance(Window(last=IngressReport()), IngressReport(servers=servers))


def test_traffic_is_told_for_the_environment_and_for_each_service() -> None:
    window = counted(
        ServerCounters(backend="web-8080", server="old", requests=3, latencies_ms={5: 3}),
        ServerCounters(backend="my-api-80", server="a", requests=2, failed=1, latencies_ms={9: 1}),
        ServerCounters(backend="web-9090", server="old", requests=1, latencies_ms={7: 1}),
        ServerCounters(backend="web-8080", server="", requests=4, failed=4),
        ServerCounters(backend="idle-80", server="i"),
    )

    assert traffic_of(window, 12.5) == Traffic(
        seconds=12.5,
        total=Figures(requests=10, failed=5, p50_ms=5, p95_ms=9, p99_ms=9),
        services=(
            ServiceFigures(
                service_name="my-api",
                figures=Figures(requests=2, failed=1, p50_ms=9, p95_ms=9, p99_ms=9),
            ),
            ServiceFigures(
                service_name="web",
                figures=Figures(requests=8, failed=4, p50_ms=5, p95_ms=7, p99_ms=7),
            ),
        ),
    )


def test_requests_that_belong_to_no_service_count_for_the_environment() -> None:
    window = counted(ServerCounters(backend="", server="", requests=2, failed=2))

    assert traffic_of(window, 1) == Traffic(seconds=1, total=Figures(requests=2, failed=2))


@pytest.mark.parametrize("seconds", [0.0, 30.0])
def test_traffic_of_an_idle_ingress_is_nothing_over_its_seconds(seconds: float) -> None:
    assert traffic_of(counted(), seconds) == Traffic(seconds=seconds)

"""Why a service is as it is: what each finding is made from."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.delivery.why import (
    changed_places,
    container_facts,
    failures_since,
    introduced,
    last_good,
    own_changes,
    pending,
    restarts,
    spec_hash,
    steps_of,
)
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer, ObservedState
from sandbox.model.plan import Change, Hold, HoldReason, Plan
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.service import Port
from sandbox.planning.routes import INGRESS
from tests.builders import (
    NOW,
    REVISION,
    a_build,
    a_desired_state,
    a_plan,
    a_running_state,
    a_service,
    an_owner,
)

OBSERVED = ObservedState(owner=an_owner())


def shop(value: str, *, other: str = "x") -> DesiredState:
    return a_desired_state(
        a_service(environment={"A": value}), a_service("db", environment={"B": other})
    )


def commits(*values: DesiredState | None) -> Iterator[tuple[str, DesiredState | None]]:
    """Versions, newest first; the commit is called by its number."""
    return ((str(number), value) for number, value in enumerate(values))


def test_a_spec_is_introduced_by_the_oldest_commit_that_has_it_without_a_break() -> None:
    one, two = shop("1"), shop("2")
    versions = commits(two, shop("2", other="y"), two, one, two)
    assert introduced(versions, OBSERVED, "web") == ("2", one, True)


def test_a_commit_that_is_invalid_introduced_nothing_and_hides_nothing() -> None:
    assert introduced(commits(shop("2"), None, shop("2"), None, shop("1")), OBSERVED, "web") == (
        "2",
        shop("1"),
        True,
    )


def test_a_service_is_introduced_by_the_commit_that_declared_it_first() -> None:
    without = a_desired_state(a_service("db"))
    assert introduced(commits(shop("1"), without), OBSERVED, "web") == ("0", without, True)


def test_where_history_ends_it_says_so() -> None:
    assert introduced(commits(shop("1"), shop("1")), OBSERVED, "web") == ("1", None, False)
    assert introduced(commits(), OBSERVED, "web") == ("", None, False)


def test_history_is_read_no_further_than_needed() -> None:
    def versions() -> Iterator[tuple[str, DesiredState | None]]:
        yield from commits(shop("2"), shop("1"))
        pytest.fail("it was known already")

    assert introduced(versions(), OBSERVED, "web")[0] == "0"


def test_what_is_declared_has_a_spec_and_so_has_the_ingress_that_follows_from_it() -> None:
    desired = a_desired_state(a_service(ports=[Port(target=80, published=8080)]))
    assert spec_hash(desired, OBSERVED, "web")
    assert spec_hash(desired, OBSERVED, INGRESS)
    assert spec_hash(desired, OBSERVED, "nobody") == ""
    assert spec_hash(a_desired_state(a_service()), OBSERVED, INGRESS) == ""


def test_only_the_fields_of_the_service_itself_are_told() -> None:
    assert own_changes(shop("1", other="x"), shop("2", other="y"), "web") == (
        Change(field="environment.A", old="1", new="2"),
    )
    gone = a_desired_state(a_service("db", environment={"B": "x"}))
    assert own_changes(gone, shop("1"), "web") == (Change(field="web", old=None, new="declared"),)


def test_what_changed_is_placed_where_the_file_tells() -> None:
    places = {"environment": "compose.yaml:7", "build": "compose.yaml:3"}
    service = replace(a_service(build=a_build()), places=places)
    changes = tuple(
        Change(field=name, old=None, new="x")
        for name in ("image", "environment.A", "environment.B", "limits.pids")
    )
    assert changed_places(service, changes) == ("compose.yaml:3", "compose.yaml:7")
    assert changed_places(replace(service, build=None), changes[:1]) == ()


def container(**changes: object) -> ObservedContainer:
    found = a_running_state(a_desired_state(a_service())).containers[0]
    return replace(found, created_at=NOW, started_at=NOW + 1, **changes)  # type: ignore[arg-type] # each test names its fields


def test_containers_of_what_is_wanted_come_first() -> None:
    old, new = (a_running_state(shop(value)) for value in "12")
    containers = tuple(
        each for state in (old, new) for each in state.containers if "web" in each.name
    )
    both = replace(new, containers=containers)
    wanted = spec_hash(shop("2"), both, "web")

    facts = [fact for fact, _ in container_facts(both, "web", wanted)]

    assert [each.current for each in facts] == [True, False]
    assert facts[0].spec_hash == wanted
    assert not any(fact.current for fact, _ in container_facts(both, "web", ""))


@pytest.mark.parametrize(
    ("changes", "proven", "words"),
    [
        ({"probed": True, "health": EngineHealth.HEALTHY}, True, ""),
        ({"probed": True, "health": EngineHealth.STARTING, "ready": True}, True, ""),
        ({"probed": True, "health": EngineHealth.STARTING, "ready": False}, False, ""),
        ({"probed": True, "health": EngineHealth.UNHEALTHY, "ready": True}, False, ""),
        ({"probed": False, "ready": False, "health": EngineHealth.NONE}, False, ""),
        (
            {"state": ContainerState.EXITED, "exit_code": 137, "oom_killed": True},
            False,
            "exited with code 137 (out of memory)",
        ),
    ],
)
def test_the_evidence_of_health_is_that_of_the_engine_or_of_our_probe(
    changes: dict[str, object], proven: bool, words: str
) -> None:
    observed = replace(
        a_running_state(a_desired_state(a_service())), containers=(container(**changes),)
    )
    ((fact, _),) = container_facts(observed, "web", "")
    assert (fact.proven, fact.words) == (proven, words)


def sync(number: int, at: float, *steps: str, **changes: object) -> SyncRecord:
    record = SyncRecord(
        id=number,
        environment="staging",
        revision=REVISION,
        trigger=Trigger.COMMIT,
        started_at=at,
        finished_at=at + 5,
        outcome=Outcome.SUCCEEDED,
        steps=tuple(
            StepRecord(
                step_id=each,
                reason=f"reason {number}",
                outcome=Outcome.SUCCEEDED,
                seconds=1.0,
                began_at=at,
            )
            for each in steps
        ),
    )
    return replace(record, **changes)  # type: ignore[arg-type] # each test names its fields


def test_the_steps_are_those_of_the_syncs_in_which_the_container_was_made_and_started() -> None:
    made = sync(1, NOW - 1, "create web-1", "start web-1")
    failed = sync(2, NOW + 50, "create web-1", "start web-1", outcome=Outcome.FAILED)
    healed = sync(3, NOW + 100, "start web-1", trigger=Trigger.DRIFT)
    records = (healed, failed, made)

    as_made = steps_of(container(), records)
    assert [(record.id, step.step_id) for record, step in as_made] == [(1, "create web-1")]
    again = steps_of(replace(container(), started_at=NOW + 101), records)
    assert [(record.id, step.step_id) for record, step in again] == [
        (3, "start web-1"),
        (1, "create web-1"),
    ]
    assert steps_of(container(), ()) == ()


def test_only_what_healed_it_counts_as_a_restart() -> None:
    records = (
        sync(4, NOW + 90, "start web-1", trigger=Trigger.DRIFT),
        sync(3, NOW + 80, "start web-1", trigger=Trigger.RETRY),
        sync(2, NOW + 70, "start db-1", trigger=Trigger.DRIFT),
        sync(1, NOW + 60, "start web-1"),
        sync(0, NOW - 60, "start web-1", trigger=Trigger.DRIFT),
    )
    assert restarts(container(), records) == 2


def test_it_was_healthy_at_the_end_of_the_last_sync_that_went_well() -> None:
    records = (
        sync(5, NOW, outcome=Outcome.ABORTED),
        sync(4, NOW, outcome=Outcome.ERRORED),
        sync(3, NOW, outcome=Outcome.FAILED),
        sync(2, NOW, revision=""),
        sync(1, NOW),
    )
    good = last_good(records)
    assert good is not None
    assert good.id == 1
    assert [each.id for each in failures_since(records, good)] == [4, 3]
    assert last_good(()) is None


def test_what_a_sync_would_do_and_what_holds_it_back_are_those_of_the_service() -> None:
    plan = a_plan(shop("2"), a_running_state(shop("1")))
    hold = Hold(target="web-1", reason=HoldReason.BACK_OFF, message="waits", service_name="web")
    lines = pending(replace(plan, holds=(hold,)), "web")
    assert lines[0].startswith("create web-1: environment.A changed")
    assert lines[-1] == "web-1 is held back: waits"
    assert pending(Plan(environment="staging", revision="", release=""), "web") == ()

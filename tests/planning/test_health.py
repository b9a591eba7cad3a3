from dataclasses import replace

import pytest

from sandbox.model.observed import ContainerState, EngineHealth, ObservedState
from sandbox.model.plan import Hold, HoldReason
from sandbox.model.service import Condition, Port, Service
from sandbox.model.status import Health, ServiceStatus, SyncStatus
from sandbox.planning.health import (
    SEVERITY,
    environment_health,
    service_statuses,
    sync_status,
    worst,
)
from sandbox.planning.spec import container_spec
from tests.builders import (
    NOW,
    a_container,
    a_desired_state,
    a_healthcheck,
    a_plan,
    a_running_state,
    a_service,
    an_observed_state,
    an_owner,
    waits_for,
)

CHECKED = a_service(healthcheck=a_healthcheck())


def status_of(service: Service, now: float = NOW, /, **container: object) -> ServiceStatus:
    desired = a_desired_state(service)
    observed = an_observed_state(desired, a_container(desired, service, **container))  # type: ignore[arg-type] # any field
    return service_statuses(desired, observed, now=now)[0]


def test_every_health_has_its_place_in_the_table() -> None:
    assert set(SEVERITY) == set(Health)
    assert worst([Health.HEALTHY, Health.DEGRADED, Health.PROGRESSING]) is Health.DEGRADED
    assert worst([]) is Health.HEALTHY


@pytest.mark.parametrize(
    ("container", "health", "words"),
    [
        ({}, Health.HEALTHY, ""),
        ({"ready": False, "started_at": NOW - 5}, Health.PROGRESSING, "web-1 is not ready yet"),
        ({"ready": False, "started_at": NOW - 121}, Health.DEGRADED, "web-1 is not ready yet"),
        ({"health": EngineHealth.UNHEALTHY}, Health.DEGRADED, "its healthcheck fails"),
        ({"state": ContainerState.PAUSED}, Health.DEGRADED, "is paused"),
        ({"state": ContainerState.CREATED}, Health.PROGRESSING, "never started"),
        ({"state": ContainerState.CREATED, "error": "no sh"}, Health.DEGRADED, "failed: no sh"),
        ({"state": ContainerState.RESTARTING}, Health.DEGRADED, "restarted by the engine"),
        ({"state": ContainerState.REMOVING}, Health.MISSING, "does not exist"),
        (
            {"state": ContainerState.EXITED, "exit_code": 137, "oom_killed": True},
            Health.DEGRADED,
            "web-1 exited with code 137 (out of memory)",
        ),
    ],
)
def test_the_state_of_a_container_gives_health_and_words(
    container: dict[str, object], health: Health, words: str
) -> None:
    status = status_of(CHECKED, NOW, **container)
    assert status.health is health
    assert words in status.message
    assert status.ready == (1 if health is Health.HEALTHY else 0)


def test_a_container_without_a_healthcheck_is_ready_when_it_runs() -> None:
    assert status_of(a_service(), ready=False).health is Health.HEALTHY


def the_job(**container: object) -> ServiceStatus:
    job = a_service("job")
    desired = a_desired_state(
        a_service("web", depends_on=[waits_for("job", Condition.COMPLETED)]), job
    )
    observed = an_observed_state(desired, a_container(desired, job, **container))  # type: ignore[arg-type] # any field
    return service_statuses(desired, observed, now=NOW)[0]


def test_a_job_is_healthy_when_it_ended_well_and_only_then() -> None:
    assert the_job(state=ContainerState.EXITED).health is Health.HEALTHY
    assert the_job(state=ContainerState.RUNNING).health is Health.PROGRESSING
    assert the_job(state=ContainerState.EXITED, exit_code=1).health is Health.DEGRADED
    assert the_job(state=ContainerState.EXITED).job


def test_a_service_that_ended_by_itself_is_not_healthy_whatever_its_exit_code() -> None:
    assert status_of(a_service(), state=ContainerState.EXITED).health is Health.DEGRADED


def test_replicas_that_are_missing_are_named() -> None:
    desired = a_desired_state(a_service(replicas=2))
    observed = an_observed_state(desired, a_container(desired, a_service()))
    status = service_statuses(desired, observed, now=NOW)[0]
    assert (status.desired, status.ready, status.health) == (2, 1, Health.MISSING)
    assert status.message == "web-2 does not exist"


def held(reason: HoldReason) -> ServiceStatus:
    desired = a_desired_state(a_service())
    hold = Hold(target="web-1", reason=reason, message="because", service_name="web")
    return service_statuses(desired, a_running_state(desired), [hold], now=NOW)[0]


def test_a_hold_degrades_its_service_unless_that_serves_on_and_waits_for_others() -> None:
    assert held(HoldReason.NAME_TAKEN).health is Health.DEGRADED
    assert held(HoldReason.NAME_TAKEN).message == "web-1: because"
    assert held(HoldReason.DEPENDENCY_HELD).health is Health.HEALTHY


def test_the_old_container_that_serves_counts_while_the_new_one_waits() -> None:
    old, new = a_service(environment={"A": "1"}), a_service(environment={"A": "2"})
    desired = a_desired_state(new)
    observed = an_observed_state(
        desired,
        a_container(a_desired_state(old), old),
        a_container(desired, new, state=ContainerState.CREATED),
    )
    assert service_statuses(desired, observed, now=NOW)[0].health is Health.HEALTHY


def test_the_health_of_an_environment_is_that_of_its_worst_service() -> None:
    one = ServiceStatus(name="a", desired=1, ready=1, health=Health.HEALTHY)
    other = replace(one, name="b", health=Health.MISSING)
    assert environment_health([one, other]) is Health.MISSING


def test_sync_status_says_whether_anything_differs() -> None:
    desired = a_desired_state(a_service())
    observed: ObservedState = a_running_state(desired)
    assert sync_status(a_plan(desired, observed)) is SyncStatus.SYNCED
    empty = replace(observed, containers=())
    assert sync_status(a_plan(desired, empty)) is SyncStatus.OUT_OF_SYNC


def test_the_image_is_told_by_the_name_it_was_created_from() -> None:
    assert status_of(a_service()).image == "registry.example/web:1"


def test_of_a_long_reason_a_status_has_the_first_line() -> None:
    desired = a_desired_state(a_service())
    message = "policy denies privileged\nallow:\n  - {}"
    hold = Hold(target="web-1", reason=HoldReason.POLICY, message=message, service_name="web")

    (status,) = service_statuses(desired, an_observed_state(desired), [hold], now=NOW)

    assert status.message == "web-1: policy denies privileged …"


def test_the_ingress_has_a_health_as_any_service() -> None:
    desired = a_desired_state(a_service(ports=[Port(target=80)]))
    statuses = service_statuses(desired, a_running_state(desired), now=NOW)
    assert {each.name: each.health for each in statuses} == {
        "sandbox-ingress": Health.HEALTHY,
        "web": Health.HEALTHY,
    }


def test_a_job_that_was_done_once_is_well_without_its_container() -> None:
    desired = a_desired_state(
        a_service("job"), a_service(depends_on=[waits_for("job", Condition.COMPLETED)])
    )
    done = frozenset({container_spec(an_owner(), desired, a_service("job"), 1).spec_hash})
    observed = an_observed_state(desired)
    assert service_statuses(desired, observed, now=NOW)[0].health is Health.MISSING
    (job, _) = service_statuses(desired, observed, now=NOW, jobs_done=done)
    assert (job.health, job.ready, job.desired) == (Health.HEALTHY, 1, 1)

"""What serves is what the ingress says, never what was built or created last."""

from dataclasses import replace

import pytest

from sandbox.model.desired import DesiredState
from sandbox.model.ingress import ServingServer
from sandbox.model.observed import ContainerState, EngineHealth, ObservedState
from sandbox.model.service import Condition
from sandbox.model.status import ServedRelease
from sandbox.planning.labels import SERVICE
from sandbox.planning.serving import running_ingress, what_serves
from tests.builders import (
    OLD_REVISION,
    RELEASE,
    REVISION,
    a_container,
    a_desired_state,
    a_healthcheck,
    a_running_state,
    a_service,
    an_observed_state,
    waits_for,
)
from tests.planning.cases import in_the_middle, rolled_out

OLD_RELEASE = "0e1e2e3e" * 5
OLD = replace(rolled_out("Hello"), revision=OLD_REVISION, release=OLD_RELEASE)
NEW = rolled_out("Hi")


def served(release: str, revision: str, weight: int = 100) -> ServedRelease:
    return ServedRelease(release=release, revision=revision, weight=weight)


BEFORE = served(OLD_RELEASE, OLD_REVISION)
AFTER = served(RELEASE, REVISION)


def servers(observed: ObservedState, old: int, new: int) -> tuple[ServingServer, ...]:
    """Give what the ingress says when the older and the newer container have these weights."""
    web = [each for each in observed.containers if each.labels[SERVICE] == "web"]
    names = [each.name for each in sorted(web, key=lambda each: each.created_at)]
    return tuple(
        ServingServer(backend="web-8000", server=name, weight=weight)
        for name, weight in zip(names, (old, new), strict=True)
        if weight
    )


@pytest.mark.parametrize(
    ("weights", "releases"),
    [
        ((100, 0), (BEFORE,)),
        ((90, 10), (replace(BEFORE, weight=90), replace(AFTER, weight=10))),
        ((50, 50), (replace(BEFORE, weight=50), replace(AFTER, weight=50))),
        ((0, 100), (AFTER,)),
        ((0, 0), ()),
    ],
)
def test_the_weights_of_the_ingress_tell_what_serves_while_both_run(
    weights: tuple[int, int], releases: tuple[ServedRelease, ...]
) -> None:
    # By weight, and where that is the same by release.
    observed = in_the_middle(OLD, NEW)
    found = what_serves(NEW, observed, servers(observed, *weights))

    assert sorted(found.releases["web"], key=lambda each: each.revision) == sorted(
        releases, key=lambda each: each.revision
    )
    assert found.wanted_only == (releases == (AFTER,))
    assert found.others == (
        (OLD_REVISION,) if replace(BEFORE, weight=weights[0]) in releases else ()
    )


def test_of_what_is_behind_an_ingress_that_does_not_answer_nobody_knows() -> None:
    found = what_serves(NEW, in_the_middle(OLD, NEW), None)
    assert found.releases["web"] == ()
    assert not found.wanted_only


def test_a_server_that_has_no_container_any_more_serves_nothing() -> None:
    gone = (ServingServer(backend="web-8000", server="gone", weight=100),)
    assert what_serves(NEW, in_the_middle(OLD, NEW), gone).releases["web"] == ()


def direct(desired: DesiredState, **container: object) -> tuple[ServedRelease, ...]:
    (service,) = (each for each in desired.services if each.name == "worker")
    found = a_container(desired, service, **container)  # type: ignore[arg-type] # any field
    return what_serves(desired, an_observed_state(desired, found), ()).releases["worker"]


def test_without_an_ingress_what_is_ready_serves() -> None:
    worker = a_desired_state(a_service("worker", healthcheck=a_healthcheck()))
    assert direct(worker) == (AFTER,)
    assert direct(worker, health=EngineHealth.UNHEALTHY) == ()
    assert direct(worker, state=ContainerState.EXITED) == ()


def test_what_a_newer_commit_leaves_as_it_is_counts_as_of_that_commit() -> None:
    desired = a_desired_state(a_service("worker"))
    older = replace(desired, revision=OLD_REVISION, release=OLD_RELEASE)
    found = what_serves(desired, a_running_state(older), ())
    assert found.releases["worker"] == (AFTER,)
    assert found.wanted_only


def test_jobs_and_gates_serve_nothing() -> None:
    job = a_service("job")
    web = a_service("worker", depends_on=[waits_for("job", Condition.COMPLETED)])
    desired = replace(a_desired_state(web, job), gates=(a_service("units"),))
    observed = a_running_state(desired)
    gate = a_container(
        replace(desired, revision=OLD_REVISION, release=OLD_RELEASE), a_service("units")
    )

    found = what_serves(desired, replace(observed, containers=(*observed.containers, gate)), ())

    assert found.releases == {"worker": (AFTER,)}
    assert found.others == ()


def test_the_ingress_is_found_only_while_it_runs() -> None:
    observed = a_running_state(NEW)
    (ingress,) = (each for each in observed.containers if each.id == running_ingress(observed))
    stopped = replace(ingress, state=ContainerState.EXITED)
    rest = tuple(each for each in observed.containers if each != ingress)
    assert running_ingress(replace(observed, containers=(*rest, stopped))) == ""

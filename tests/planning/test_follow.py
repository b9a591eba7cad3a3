from dataclasses import replace

import pytest

from sandbox.model.action import CreateContainer, PullImage, StartContainer, StopContainer
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, ObservedState
from sandbox.model.plan import HoldReason, Plan, Step, SyncPolicy
from sandbox.model.service import PullPolicy, Service
from sandbox.model.surroundings import Hook, Hooks, Namespaces, VolumesFrom
from sandbox.model.waiver import Subject, Waiver, WaiverFile
from sandbox.planning.plan import differences, is_in_sync, plan_sync
from sandbox.planning.spec import container_spec
from tests.builders import (
    NOW,
    a_container,
    a_desired_state,
    a_running_state,
    a_service,
    an_observed_state,
    an_owner,
    waits_for,
)

SHARED_ALLOWED = Waiver(
    environment="*", subject=Subject.SERVICE, name="*", key="pid", reason="it is a test"
)


def a_leader(**changes: object) -> Service:
    return replace(a_service("db"), **changes)  # type: ignore[arg-type] # any field


def a_follower(**changes: object) -> Service:
    service = replace(
        a_service("web", depends_on=[waits_for("db", restart=True)]),
        attachments=(),
        namespaces=Namespaces(network="service:db"),
    )
    return replace(service, **changes)  # type: ignore[arg-type] # any field


def plan(desired: DesiredState, observed: ObservedState) -> Plan:
    return plan_sync(desired, observed, SyncPolicy())


def step(found: Plan, step_id: str) -> Step:
    return next(each for each in found.steps if each.id == step_id)


def test_a_follower_is_created_after_what_it_follows() -> None:
    desired = a_desired_state(a_leader(), a_follower())

    found = plan(desired, an_observed_state(desired))

    created = step(found, "create web-1")
    assert "create db-1" in created.depends_on
    assert isinstance(created.action, CreateContainer)
    leader = container_spec(an_owner(), desired, desired.services[0], 1)
    assert created.action.spec.followed == {"db": leader.name}


def test_a_follower_that_runs_beside_its_leader_is_in_sync() -> None:
    desired = a_desired_state(a_leader(), a_follower())

    assert is_in_sync(plan(desired, a_running_state(desired)))


def test_a_change_of_the_leader_makes_the_follower_anew() -> None:
    before = a_desired_state(a_leader(), a_follower())
    after = a_desired_state(a_leader(user="other"), a_follower())

    found = plan(after, a_running_state(before))

    assert {"create db-1", "create web-1"} <= {each.id for each in found.steps}
    assert not found.holds


def test_a_leader_that_is_made_anew_as_it_was_takes_its_follower_along() -> None:
    desired = a_desired_state(a_leader(), a_follower(), a_follower(name="mail"))
    db, web, mail = desired.services
    observed = an_observed_state(
        desired,
        a_container(desired, db, image_id="sha256:other"),
        *(a_container(desired, each) for each in (web, mail)),
    )

    found = plan(desired, observed)

    ids = [each.id for each in found.steps]
    assert ids.index("create db-1") < ids.index("create web-1") < ids.index("start web-1")
    assert "remove web-1" in step(found, "create web-1").depends_on
    assert "it shares what belongs to db" in step(found, "create web-1").reason


def test_a_follower_that_is_older_than_its_leader_is_made_anew() -> None:
    desired = a_desired_state(a_leader(), a_follower())
    db, web = desired.services
    follower = a_container(desired, web)
    leader = replace(a_container(desired, db), created_at=follower.created_at + 5)

    found = plan(desired, an_observed_state(desired, leader, follower))

    assert {each.id for each in differences(found)} == {
        "stop web-1",
        "remove web-1",
        "create web-1",
        "start web-1",
    }


def test_mounts_of_another_service_are_followed_like_its_namespaces() -> None:
    follower = a_follower(
        namespaces=Namespaces(), volumes_from=(VolumesFrom(service_name="db", read_only=True),)
    )
    before = a_desired_state(a_leader(), follower)
    after = a_desired_state(a_leader(user="other"), follower)

    assert is_in_sync(plan(before, a_running_state(before)))
    assert "create web-1" in {each.id for each in plan(after, a_running_state(before)).steps}


HOOKS = Hooks(
    post_start=(Hook(command=("after",)),),
    pre_stop=(Hook(command=("before",), environment={"A": "b"}),),
)


def test_hooks_go_with_the_start_and_with_the_stop_of_what_was_created_with_them() -> None:
    before = a_desired_state(a_leader(hooks=HOOKS))
    after = a_desired_state(a_leader())

    started = step(plan(before, an_observed_state(before)), "start db-1").action
    stopped = step(plan(after, a_running_state(before)), "stop db-1 (old)").action

    assert isinstance(started, StartContainer)
    assert started.hooks == HOOKS.post_start
    assert isinstance(stopped, StopContainer)
    assert stopped.hooks == HOOKS.pre_stop


def test_an_image_that_is_always_pulled_is_pulled_for_a_new_container_only() -> None:
    desired = a_desired_state(a_leader(pull_policy=PullPolicy.ALWAYS, platform="linux/arm64"))

    found = step(plan(desired, an_observed_state(desired)), "pull image db")

    assert found.action == PullImage(reference="registry.example/db:1", platform="linux/arm64")
    assert is_in_sync(plan(desired, a_running_state(desired)))


def test_an_image_that_is_never_pulled_and_not_there_holds_its_service() -> None:
    desired = a_desired_state(a_leader(pull_policy=PullPolicy.NEVER))

    found = plan(desired, an_observed_state(desired, images={}))

    assert not [each for each in found.steps if isinstance(each.action, PullImage)]
    assert [hold.reason for hold in found.holds] == [HoldReason.IMAGE_BROKEN]
    assert "pull_policy: never" in found.holds[0].message


def test_a_name_of_its_own_is_freed_before_a_successor_takes_it() -> None:
    before = a_desired_state(a_leader(container_name="mine"))
    after = a_desired_state(a_leader(container_name="mine", user="other"))

    found = plan(after, a_running_state(before))

    created = step(found, "create db-1")
    assert isinstance(created.action, CreateContainer)
    assert created.action.spec.name == "mine"
    assert "rename db-1 (old) aside" in created.depends_on


def test_a_follower_is_restarted_after_its_leader_in_one_plan() -> None:
    desired = a_desired_state(a_leader(), a_follower(), replace(a_follower(), name="api"))
    stopped = a_container(desired, a_leader(), state=ContainerState.EXITED, exit_code=137)
    running = [a_container(desired, each) for each in desired.services if each.name != "db"]
    found = plan(desired, an_observed_state(desired, stopped, *running))
    for name in ("api-1", "web-1"):
        assert "start db-1" in step(found, f"stop {name}").depends_on
        assert f"stop {name}" in step(found, f"start {name}").depends_on
        assert "whose namespaces it shares" in step(found, f"start {name}").reason


@pytest.mark.parametrize(
    ("mode", "lost_at", "restarted"),
    [
        ({"network": "service:db"}, NOW - 50, True),
        ({"ipc": "service:db"}, NOW - 50, True),
        ({"pid": "container:somebodys"}, NOW - 50, True),
        ({"network": "service:db"}, NOW - 150, False),
        ({"network": "service:db"}, 0.0, False),
    ],
)
def test_a_follower_that_started_before_its_namespace_was_made_anew_is_restarted(
    mode: dict[str, str], lost_at: float, *, restarted: bool
) -> None:
    desired = a_desired_state(a_leader(), a_follower(namespaces=Namespaces(**mode)))
    allowed = SyncPolicy(waiver_file=WaiverFile(waivers=(SHARED_ALLOWED,)))
    observed = a_running_state(desired)
    stale = tuple(
        replace(each, namespace_lost_at=lost_at) if "-web-" in each.name else each
        for each in observed.containers
    )
    found = plan_sync(desired, replace(observed, containers=stale), allowed)
    assert found.holds == ()
    starts = [each.id for each in found.steps if isinstance(each.action, StartContainer)]
    assert starts == (["start web-1"] if restarted else [])


def test_what_mounts_the_volumes_of_another_one_runs_on_when_that_one_is_started_again() -> None:
    follower = replace(a_service(), volumes_from=(VolumesFrom(service_name="db"),))
    desired = a_desired_state(a_leader(), follower)
    stopped = a_container(desired, a_leader(), state=ContainerState.EXITED, exit_code=137)
    observed = an_observed_state(desired, stopped, a_container(desired, follower))
    found = {each.id for each in plan(desired, observed).steps}
    assert "start db-1" in found
    assert "stop web-1" not in found

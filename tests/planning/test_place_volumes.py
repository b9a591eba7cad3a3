from dataclasses import replace

import pytest

from sandbox.model.action import CreateContainer, RemoveContainer, RemoveVolume
from sandbox.model.observed import ContainerState, ObservedContainer, ObservedState, ObservedVolume
from sandbox.model.rollout import Order, Rollout, UpdateConfig
from sandbox.model.service import Service, TmpfsMount, VolumeMount
from sandbox.model.surroundings import VolumesFrom
from sandbox.planning.down import plan_down
from sandbox.planning.labels import HOLDS, SERVICE, TARGET
from sandbox.planning.payload import container_payload
from sandbox.planning.place_volumes import (
    engine_volumes,
    is_disposable,
    keep_steps,
    made_volumes,
    place_volume,
    with_place_volumes,
)
from sandbox.planning.spec import container_spec
from tests.builders import (
    a_container,
    a_desired_state,
    a_file,
    a_service,
    an_observed_state,
    an_owner,
)
from tests.planning.cases import a_state_with_place_volumes, sync

ANONYMOUS = VolumeMount(volume="", target="/data")
HEX = "ab" * 32


def a_mounting(**fields: object) -> Service:
    return replace(a_service(mounts=[ANONYMOUS]), **fields)  # type: ignore[arg-type] # any field


def left_to_the_engine(
    service: Service, **fields: object
) -> tuple[ObservedContainer, ObservedState]:
    """
    What runs when a version before this one created the container.
    """
    desired = a_desired_state(service)
    made = a_container(desired, service, volumes={"/data": HEX}, **fields)  # type: ignore[arg-type] # any field
    return made, an_observed_state(desired, made)


def test_what_the_file_and_the_image_leave_nameless_gets_a_name_of_its_place() -> None:
    service = a_mounting(mounts=(ANONYMOUS, TmpfsMount(target="/cache")))
    desired = a_desired_state(service)
    spec = container_spec(an_owner(), desired, service, 2)
    named = with_place_volumes(spec, {"/log": HEX}, ["/data", "/cache", "/log/", "/run"])
    assert list(named.anonymous_volumes) == ["/data", "/log", "/run"]
    assert named.anonymous_volumes["/log"] == HEX
    assert [each.labels[TARGET] for each in made_volumes(named, {"/log": HEX})] == ["/data", "/run"]
    assert {each.name for each in made_volumes(named, {"/log": HEX})} == {
        named.anonymous_volumes["/data"],
        named.anonymous_volumes["/run"],
    }
    assert named.spec_hash == spec.spec_hash
    other = container_spec(an_owner(), desired, service, 1)
    theirs = with_place_volumes(other, {}, ["/run"]).anonymous_volumes
    assert not {*theirs.values()} & {*named.anonymous_volumes.values()}


def test_the_engine_is_told_each_name_once() -> None:
    service = a_mounting()
    spec = container_spec(an_owner(), a_desired_state(service), service, 1)
    named = with_place_volumes(spec, {}, ["/etc/app"])
    mounts = container_payload(named, ())["HostConfig"]["Mounts"]
    assert {each["Target"]: each.get("Source") for each in mounts} == (named.anonymous_volumes)
    assert len(mounts) == len(named.anonymous_volumes)


def test_what_another_container_may_mount_there_is_left_to_the_engine() -> None:
    leader = a_service("leader")
    service = a_mounting(volumes_from=(VolumesFrom(service_name="leader"),))
    spec = container_spec(an_owner(), a_desired_state(service, leader), service, 1)
    assert list(with_place_volumes(spec, {}, ["/image"]).anonymous_volumes) == ["/data"]


def test_a_volume_that_the_engine_named_moves_and_is_never_removed_with_its_container() -> None:
    old, observed = left_to_the_engine(a_mounting(environment={"A": "1"}))
    plan = sync(a_desired_state(a_mounting(environment={"A": "2"})), observed)
    (create,) = (s.action for s in plan.steps if isinstance(s.action, CreateContainer))
    (remove,) = (s for s in plan.steps if isinstance(s.action, RemoveContainer))
    assert create.carried == {"/data": HEX}
    assert remove.action == RemoveContainer(container_name=old.name, container_id=old.id)
    assert "keep volume /data of web-1" in remove.depends_on


@pytest.mark.parametrize("order", [None, Order.START_FIRST])
def test_two_containers_never_write_it_whatever_the_order_says(order: Order | None) -> None:
    rollout = Rollout(update=UpdateConfig(order=order))
    _, observed = left_to_the_engine(a_mounting(environment={"A": "1"}))
    after = a_mounting(environment={"A": "2"}, rollout=rollout)
    named = a_state_with_place_volumes(a_desired_state(a_mounting(environment={"A": "1"})))
    for state in (observed, named):
        steps = {step.id: step for step in sync(a_desired_state(after), state).steps}
        assert "stop web-1 (old)" in steps["start web-1"].depends_on


def test_what_is_remembered_once_is_remembered_no_more() -> None:
    old, observed = left_to_the_engine(a_mounting())
    (keep,) = sync(a_desired_state(a_mounting()), observed).steps
    volume = place_volume(old.labels, "/data", holds=HEX)
    assert keep.action == volume
    kept = replace(observed, volumes=(ObservedVolume(name=volume.name, labels=volume.labels),))
    assert sync(a_desired_state(a_mounting()), kept).steps == ()
    # The container is gone, by whatever hand: the label leads to the data.
    again = sync(a_desired_state(a_mounting()), replace(kept, containers=()))
    (create,) = (s.action for s in again.steps if isinstance(s.action, CreateContainer))
    assert create.carried == {"/data": HEX}


def test_a_label_leads_to_nothing_but_a_volume_that_the_engine_named() -> None:
    old, observed = left_to_the_engine(a_mounting(), state=ContainerState.CREATED)
    volume = place_volume(old.labels, "/data")
    forged = ObservedVolume(name=volume.name, labels={**volume.labels, HOLDS: "somebodys-database"})
    state = replace(observed, containers=(), volumes=(forged,))
    (create,) = (
        step.action
        for step in sync(a_desired_state(a_mounting()), state).steps
        if isinstance(step.action, CreateContainer)
    )
    assert create.carried == {"/data": volume.name}
    steps = plan_down(state, volumes=True).steps
    assert [s.action for s in steps if isinstance(s.action, RemoveVolume)] == [
        RemoveVolume(name=volume.name)
    ]


def test_down_keeps_every_volume_and_with_volumes_all_go_even_those_of_the_engine() -> None:
    old, observed = left_to_the_engine(a_mounting())
    keep, *_ = plan_down(observed, volumes=False).steps
    assert keep.action == place_volume(old.labels, "/data", holds=HEX)
    assert not any(
        step.action.volumes
        for step in plan_down(observed, volumes=False).steps
        if isinstance(step.action, RemoveContainer)
    )
    last = plan_down(observed, volumes=True).steps[-1]
    assert (last.action, last.target) == (RemoveVolume(name=HEX), "volume /data of web-1")


def test_a_folder_for_copied_files_goes_with_its_container() -> None:
    service = a_service(files=[a_file("/data/x")])
    service = replace(service, read_only=True)
    old, observed = left_to_the_engine(service)
    assert engine_volumes(old) == {}
    removals = [
        step.action
        for step in plan_down(observed, volumes=False).steps
        if isinstance(step.action, RemoveContainer)
    ]
    assert [each.volumes for each in removals] == [True]


def test_a_removal_takes_nothing_of_a_container_whose_volumes_are_shared() -> None:
    leader = a_service("leader")
    service = replace(a_service(), volumes_from=(VolumesFrom(service_name="leader"),))
    desired = a_desired_state(service, leader)
    follower = a_container(desired, service, volumes={"/theirs": HEX})
    assert engine_volumes(follower) == {}
    steps = plan_down(an_observed_state(desired, follower), volumes=False).steps
    assert [s.action.volumes for s in steps if isinstance(s.action, RemoveContainer)] == [False]


def test_nothing_is_kept_of_what_only_helped_to_fill_a_volume() -> None:
    made, observed = left_to_the_engine(a_mounting())
    helper = replace(made, labels={key: made.labels[key] for key in made.labels if key != SERVICE})

    assert keep_steps(observed, [made])
    assert keep_steps(observed, [helper]) == {}
    assert is_disposable(helper)

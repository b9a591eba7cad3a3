"""
What every engine promises: the fake that other tests rely on, and the real one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from typing import Self

import pytest

from sandbox.errors import CancelledError, EngineError, ImageError, StaleError
from sandbox.model.action import Endpoint
from sandbox.model.observed import (
    ContainerState,
    EngineHealth,
    ObservedContainer,
    ObservedNetwork,
    ObservedVolume,
    Owner,
)
from sandbox.model.service import Healthcheck, Limits, Port, VolumeMount
from sandbox.planning.labels import INSTANCE
from tests.engine_world import World, context, fake_world, real_world, simulated_world
from tests.fakes.engine_objects import Behaviour
from tests.fakes.engine_state import BASE_IMAGE

WORLDS = {"fake": fake_world, "simulated": simulated_world, "real": real_world}
PASSING = Healthcheck(test=("CMD", "true"), interval_s=600)
FAILING = Healthcheck(test=("CMD-SHELL", "echo no luck >&2; exit 1"), interval_s=600)


@pytest.fixture(params=["fake", "simulated", pytest.param("real", marks=pytest.mark.engine)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with WORLDS[request.param]() as place:
        yield place


# looking


def test_nothing_of_ours_is_an_empty_state_with_the_images_that_are_there(world: World) -> None:
    state = world.look(BASE_IMAGE, f"{world.prefix}/missing:1")
    assert (state.containers, state.networks, state.volumes) == ((), (), ())
    assert list(state.images) == [BASE_IMAGE]
    assert state.images[BASE_IMAGE].startswith("sha256:")


def test_a_new_container_is_observed_with_everything_that_it_was_given(world: World) -> None:
    world.engine.create_network(world.network("front"))
    world.engine.create_network(world.network("back"))
    world.engine.create_volume(world.volume("data"))
    spec = world.spec(
        "web",
        Endpoint(network_name=f"{world.prefix}-front", aliases=("web", "www")),
        Endpoint(network_name=f"{world.prefix}-back", aliases=("web",)),
        volume_names={"data": f"{world.prefix}-data"},
        mounts=(VolumeMount(volume="data", target="/data"),),
        limits=Limits(
            memory_bytes=64 << 20, nano_cpus=500_000_000, pids=64, restart="on-failure:3"
        ),
        healthcheck=PASSING,
    )
    container_id = world.engine.create_container(spec)
    [found] = world.look().containers
    assert found.id == container_id
    assert found.name == spec.name
    assert found.labels.items() >= spec.labels.items()
    assert found.image_id == world.look(BASE_IMAGE).images[BASE_IMAGE]
    assert found.state is ContainerState.CREATED
    assert found.limits == spec.service.limits
    assert found.networks == {
        f"{world.prefix}-back": ("web",),
        f"{world.prefix}-front": ("web", "www"),
    }
    assert found.volumes == {"/data": f"{world.prefix}-data"}
    assert (found.probed, found.ready, found.started_at) == (True, False, 0.0)
    assert found == world.seen(container_id)


def test_a_running_container_has_an_address_on_each_of_its_networks(world: World) -> None:
    names = [f"{world.prefix}-{each}" for each in ("back", "front")]
    for each in ("front", "back"):
        world.engine.create_network(world.network(each))
    endpoints = [Endpoint(network_name=name) for name in names]
    container_id = world.started(world.spec("web", *endpoints))
    running = world.seen(container_id)
    world.engine.stop_container(container_id, 0)
    stopped = world.seen(container_id)
    assert list(running.addresses) == names
    assert len(set(running.addresses.values())) == len(names)
    assert all(ip_address(each).version == 4 for each in running.addresses.values())
    assert stopped.addresses == {}


def test_ports_of_another_environment_are_taken_and_those_of_our_own_are_not(world: World) -> None:
    world.engine.create_network(world.network("front"))
    endpoint, ports = Endpoint(network_name=f"{world.prefix}-front"), (Port(target=80),)
    mine = world.seen(world.started(world.spec("web", endpoint, ports=ports)))
    other = world.spec("other", endpoint, owner=world.foreign, ports=ports)
    theirs = world.seen(world.started(other))
    (bound,) = theirs.host_ports
    found = {each.bound: each for each in world.look().taken_ports}
    assert mine.host_ports[0] not in found
    assert found[bound].holder == f"container {theirs.name}"
    assert found[bound].environment == world.foreign.environment


def test_networks_name_the_containers_on_them_even_those_that_do_not_run(world: World) -> None:
    world.engine.create_network(world.network("front"))
    endpoint = Endpoint(network_name=f"{world.prefix}-front")
    running = world.started(world.spec("web", endpoint))
    created = world.engine.create_container(world.spec("worker", endpoint))
    [network] = world.look().networks
    assert network.endpoints == tuple(sorted((running, created)))


def test_objects_of_others_are_seen_by_name_only(world: World) -> None:
    container_id = world.engine.create_container(world.spec("web", owner=world.foreign))
    world.engine.create_network(world.network("net", world.foreign))
    world.engine.create_volume(world.volume("vol", world.foreign))
    state = world.look()
    assert (state.containers, state.networks, state.volumes) == ((), (), ())
    for kind, name in (("container", "web"), ("network", "net"), ("volume", "vol")):
        assert f"{world.prefix}-{name}" in state.foreign_names[kind]
    [theirs] = world.engine.observe(world.foreign, ()).containers
    assert theirs.id == container_id


def test_subnets_of_every_network_are_known(world: World) -> None:
    world.engine.create_network(world.network("ours"))
    world.engine.create_network(world.network("theirs", world.foreign))
    [ours] = world.look().networks
    [theirs] = world.engine.observe(world.foreign, ()).networks
    assert set(world.look().used_subnets) >= {*ours.subnets, *theirs.subnets}
    assert len({*ours.subnets, *theirs.subnets}) == 2


def test_a_survey_lists_what_has_the_labels_of_any_instance(world: World) -> None:
    theirs = replace(world.owner, environment="another")
    network = world.network("n", theirs, subnet="10.217.9.0/28")
    world.engine.create_network(network)
    world.engine.create_volume(world.volume("v"))
    container_id = world.engine.create_container(world.spec("c"))

    def ours(found: Iterable[ObservedContainer | ObservedNetwork | ObservedVolume]) -> list[str]:
        return [one.name for one in found if one.labels[INSTANCE] == world.owner.instance]

    survey = world.engine.survey()
    assert ours(survey.containers) == [f"{world.prefix}-c"]
    assert ours(survey.networks) == [f"{world.prefix}-n"]
    assert ours(survey.volumes) == [f"{world.prefix}-v"]
    listed = next(one for one in survey.containers if one.id == container_id)
    seen = world.seen(container_id)
    assert (listed.labels, listed.image_id) == (seen.labels, seen.image_id)
    assert abs(listed.created_at - seen.created_at) < 2
    volume = world.engine.inspect_volume(f"{world.prefix}-v")
    assert volume
    assert volume.labels == world.volume("v").labels
    assert world.engine.inspect_volume(f"{world.prefix}-none") is None
    usage = world.engine.usage()
    assert f"{world.prefix}-v" in usage.volumes
    assert BASE_IMAGE in usage.images


def test_containers_inherit_the_labels_of_their_image(world: World) -> None:
    labelled = replace(world.image(), labels={"theirs": "1"})
    image_id = world.engine.build_image(
        labelled, context(Dockerfile="FROM scratch\nLABEL a=b\n"), print, lambda: False
    )
    assert world.engine.image_labels(image_id)["theirs"] == "1"
    assert world.engine.image_labels("sha256:" + "0" * 64) == {}


def test_a_container_that_is_gone_is_nothing_to_look_at(world: World) -> None:
    assert world.engine.inspect_container("f" * 64) is None


# the life of a container


def test_a_container_starts_stops_and_goes_and_each_order_may_be_repeated(world: World) -> None:
    container_id = world.engine.create_container(world.spec("web"))
    world.engine.start_container(container_id)
    world.engine.start_container(container_id)
    running = world.seen(container_id)
    assert (running.state, running.ready, running.probed) == (ContainerState.RUNNING, True, False)
    assert running.started_at > running.created_at > 0
    world.engine.stop_container(container_id, 5.0)
    world.engine.stop_container(container_id, 0.0)
    stopped = world.seen(container_id)
    assert (stopped.state, stopped.ready) == (ContainerState.EXITED, False)
    assert stopped.finished_at >= stopped.started_at
    world.engine.remove_container(container_id)
    world.engine.remove_container(container_id)
    assert world.look().containers == ()


def test_a_container_that_ended_by_itself_tells_its_exit_code(world: World) -> None:
    spec = world.spec("job", command=("sh", "-c", "exit 3"), behaviour=Behaviour(exit_code=3))
    container_id = world.started(spec)
    world.wait_until(
        lambda: world.seen(container_id).state is ContainerState.EXITED, "end of the job"
    )
    assert world.seen(container_id).exit_code == 3


def says_ready(command: str) -> str:
    """Have *command* write a line before it runs on, so that a signal finds it prepared."""
    return f"{command}; echo ready; sleep 600 & wait; sleep 600"


@pytest.mark.parametrize(
    ("prepares", "exit_code"),
    [("true", 143), ("trap 'exit 0' TERM", 0), ("trap '' TERM", 137)],
    ids=["ends-by-the-signal", "ends-well", "does-not-listen"],
)
@pytest.mark.parametrize("by_hand", [False, True], ids=["by-us", "by-hand"])
def test_a_container_that_is_stopped_tells_how_it_ended(
    world: World, prepares: str, exit_code: int, *, by_hand: bool
) -> None:
    behaviour = Behaviour(stop_code=exit_code, log=("ready",))
    command = ("sh", "-c", says_ready(prepares))
    container_id = world.started(world.spec("web", command=command, behaviour=behaviour))
    world.wait_until(lambda: list(world.engine.logs(container_id)) == ["ready"], "its line")
    if by_hand:
        world.hands.stop(container_id)
    else:
        world.engine.stop_container(container_id, 1.0)
    stopped = world.seen(container_id)
    assert (stopped.state, stopped.exit_code) == (ContainerState.EXITED, exit_code)
    world.engine.start_container(container_id)
    again = world.seen(container_id)
    assert (again.state, again.exit_code) == (ContainerState.RUNNING, 0)
    assert again.started_at > stopped.started_at


def test_a_container_that_never_ran_is_stopped_by_leaving_it_alone(world: World) -> None:
    container_id = world.engine.create_container(world.spec("web"))
    world.engine.stop_container(container_id, 5.0)
    assert world.seen(container_id).state is ContainerState.CREATED


def test_a_paused_container_is_neither_started_nor_removed_and_keeps_what_it_has(
    world: World,
) -> None:
    spec = world.spec("web", *_front(world), ports=(Port(target=80),))
    container_id = world.started(spec)
    running = world.seen(container_id)
    world.hands.pause(container_id)
    with pytest.raises(EngineError, match="paused"):
        world.engine.start_container(container_id)
    with pytest.raises(EngineError):
        world.engine.remove_container(container_id)
    paused = world.seen(container_id)
    assert paused.state is ContainerState.PAUSED
    assert not paused.ready
    assert (paused.addresses, paused.host_ports) == (running.addresses, running.host_ports)


@pytest.mark.parametrize("kills", [False, True])
def test_a_paused_container_is_stopped_and_killed_as_one_that_runs(
    world: World, *, kills: bool
) -> None:
    container_id = world.started(world.spec("web"))
    world.hands.pause(container_id)
    if kills:
        world.hands.kill(container_id)
    else:
        world.engine.stop_container(container_id, 5.0)
    world.wait_until(lambda: world.seen(container_id).state is ContainerState.EXITED, "its end")
    assert world.seen(container_id).exit_code == (137 if kills else 143)


def test_a_removal_takes_volumes_that_the_engine_named_only_when_asked(world: World) -> None:
    mounts = (VolumeMount(volume="", target="/data"),)
    spec = world.spec("web", mounts=mounts)
    found: list[str] = []
    for takes_volumes in (False, True):
        container_id = world.engine.create_container(spec)
        (name,) = world.seen(container_id).volumes.values()
        assert re.fullmatch(r"[0-9a-f]{64}", name)
        world.engine.remove_container(container_id, volumes=takes_volumes)
        found.append(name)
    left = world.look().foreign_names["volume"]
    assert [name in left for name in found] == [True, False]
    # By its name it is another volume of the next container, and stays whatever is asked.
    named = replace(spec, anonymous_volumes={"/data": found[0]})
    container_id = world.engine.create_container(named)
    assert world.seen(container_id).volumes == {"/data": found[0]}
    world.engine.remove_container(container_id, volumes=True)
    assert found[0] in world.look().foreign_names["volume"]
    world.engine.remove_volume(found[0])


def test_an_image_says_which_volumes_it_declares(world: World) -> None:
    dockerfile = f"FROM {BASE_IMAGE}\nVOLUME /data /log\n"
    world.engine.build_image(world.image(), context(Dockerfile=dockerfile), print, lambda: False)
    assert world.engine.image_volumes(f"{world.prefix}/app:1") == ("/data", "/log")
    assert world.engine.image_volumes(BASE_IMAGE) == ()
    assert world.engine.image_volumes(f"{world.prefix}/missing:1") == ()


def test_a_container_that_runs_is_not_removed(world: World) -> None:
    container_id = world.started(world.spec("web"))
    with pytest.raises(EngineError):
        world.engine.remove_container(container_id)
    assert world.seen(container_id).state is ContainerState.RUNNING


def test_without_its_image_no_container_is_created(world: World) -> None:
    with pytest.raises(StaleError, match="No such image"):
        world.engine.create_container(world.spec("web", image=f"{world.prefix}/missing:1"))
    assert world.look().containers == ()


# adopting


def _made_for(world: World, owner: Owner) -> tuple[object, ...]:
    """Look at what *owner* has, whatever others make on this engine meanwhile."""
    state = world.engine.observe(owner, ())
    return (state.containers, state.networks, state.volumes)


def test_creating_again_adopts_what_is_there(world: World) -> None:
    endpoint = Endpoint(network_name=f"{world.prefix}-front", aliases=("web",))
    network_id = world.engine.create_network(world.network("front"))
    world.engine.create_volume(world.volume("data"))
    container_id = world.engine.create_container(world.spec("web", endpoint))
    before = _made_for(world, world.owner)
    assert world.engine.create_network(world.network("front")) == network_id
    world.engine.create_volume(world.volume("data"))
    assert world.engine.create_container(world.spec("web", endpoint)) == container_id
    assert _made_for(world, world.owner) == before


def test_a_container_left_half_attached_is_completed(world: World) -> None:
    for name in ("front", "back"):
        world.engine.create_network(world.network(name))
    front = Endpoint(network_name=f"{world.prefix}-front", aliases=("web",))
    back = Endpoint(network_name=f"{world.prefix}-back", aliases=("web", "api"))
    container_id = world.engine.create_container(world.spec("web", front))
    assert world.engine.create_container(world.spec("web", front, back)) == container_id
    assert world.seen(container_id).networks == {
        back.network_name: ("api", "web"),
        front.network_name: ("web",),
    }


def _make_container(world: World, *, is_foreign: bool) -> None:
    owner = world.foreign if is_foreign else world.owner
    world.engine.create_container(world.spec("x", owner=owner))


def _make_network(world: World, *, is_foreign: bool) -> None:
    world.engine.create_network(world.network("x", world.foreign if is_foreign else world.owner))


def _make_volume(world: World, *, is_foreign: bool) -> None:
    world.engine.create_volume(world.volume("x", world.foreign if is_foreign else world.owner))


@pytest.mark.parametrize("make", [_make_container, _make_network, _make_volume])
def test_a_name_that_is_taken_by_somebody_else_is_refused_and_left_alone(
    world: World, make: Callable[..., None]
) -> None:
    make(world, is_foreign=True)
    before = _made_for(world, world.foreign)
    with pytest.raises(EngineError, match=f"{world.prefix}-x") as caught:
        make(world, is_foreign=False)
    assert caught.value.temporary
    assert caught.value.remedy
    assert _made_for(world, world.foreign) == before


def test_a_container_of_that_name_from_another_spec_is_not_adopted(world: World) -> None:
    world.engine.create_container(world.spec("web", spec_hash="old"))
    with pytest.raises(EngineError, match="taken"):
        world.engine.create_container(world.spec("web", spec_hash="new"))


# what others do


def test_everything_that_is_done_by_hand_is_observed(world: World) -> None:
    world.engine.create_network(world.network("front"))
    endpoint = Endpoint(network_name=f"{world.prefix}-front", aliases=("web",))
    limits = Limits(memory_bytes=64 << 20)
    container_id = world.started(world.spec("web", endpoint, limits=limits))
    world.hands.update_memory(container_id, 32 << 20)
    assert world.seen(container_id).limits.memory_bytes == 32 << 20
    world.engine.disconnect_network(container_id, endpoint.network_name)
    assert world.seen(container_id).networks == {}
    world.engine.rename_container(container_id, f"{world.prefix}-renamed")
    assert world.seen(container_id).name == f"{world.prefix}-renamed"
    world.hands.pause(container_id)
    assert world.seen(container_id).state is ContainerState.PAUSED
    world.engine.unpause_container(container_id)
    world.engine.unpause_container(container_id)
    assert world.seen(container_id).state is ContainerState.RUNNING
    world.hands.kill(container_id)
    world.wait_until(
        lambda: world.seen(container_id).state is ContainerState.EXITED, "end by SIGKILL"
    )
    assert world.seen(container_id).exit_code == 137
    world.hands.remove_by_force(container_id)
    assert world.look().containers == ()


def test_a_container_of_any_state_can_be_renamed_and_its_old_name_is_free(world: World) -> None:
    container_id = world.engine.create_container(world.spec("web"))
    states: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: world.engine.start_container(container_id),
        lambda: world.hands.pause(container_id),
        lambda: world.engine.stop_container(container_id, 5.0),
    )
    for bring_about in states:
        bring_about()
        world.hands.rename(container_id, f"{world.prefix}-mine")
        assert world.seen(container_id).name == f"{world.prefix}-mine"
        assert world.engine.inspect_container(f"{world.prefix}-web") is None
        world.engine.rename_container(container_id, f"{world.prefix}-web")
    world.hands.rename(container_id, f"{world.prefix}-mine")
    other_id = world.engine.create_container(world.spec("web"))
    assert other_id != container_id
    with pytest.raises(EngineError, match=f"{world.prefix}-web"):
        world.engine.rename_container(container_id, f"{world.prefix}-web")
    assert [one.name for one in world.look().containers] == [
        f"{world.prefix}-mine",
        f"{world.prefix}-web",
    ]


def test_the_memory_of_a_container_of_any_state_can_be_changed_and_nothing_else_with_it(
    world: World,
) -> None:
    limits = Limits(memory_bytes=64 << 20, pids=64)
    container_id = world.engine.create_container(world.spec("web", limits=limits))
    states: tuple[Callable[[], object], ...] = (
        lambda: None,
        lambda: world.engine.start_container(container_id),
        lambda: world.engine.stop_container(container_id, 5.0),
    )
    for size_bytes, bring_about in zip((32 << 20, 48 << 20, 96 << 20), states, strict=True):
        bring_about()
        before = world.seen(container_id)
        world.hands.update_memory(container_id, size_bytes)
        changed = replace(limits, memory_bytes=size_bytes)
        assert world.seen(container_id) == replace(before, limits=changed)


def test_networks_are_connected_with_their_aliases_and_disconnected_again_and_again(
    world: World,
) -> None:
    endpoint = Endpoint(network_name=f"{world.prefix}-front", aliases=("web", "api"))
    container_id = world.started(world.spec("web", *_front(world)))
    for _ in range(2):
        world.engine.disconnect_network(container_id, endpoint.network_name)
    assert world.seen(container_id).networks == {}
    for _ in range(2):
        world.engine.connect_network(container_id, endpoint)
    assert world.seen(container_id).networks == {endpoint.network_name: ("api", "web")}


def test_a_container_that_was_created_without_a_network_never_gets_one(world: World) -> None:
    [endpoint] = _front(world)
    container_id = world.engine.create_container(world.spec("alone"))
    assert world.seen(container_id).networks == {}
    with pytest.raises(EngineError, match="none"):
        world.engine.connect_network(container_id, endpoint)


def test_a_container_without_its_networks_runs_without_address_and_port_until_it_is_back(
    world: World,
) -> None:
    [endpoint] = _front(world)
    container_id = world.started(world.spec("web", endpoint, ports=(Port(target=80),)))
    world.hands.disconnect(container_id, endpoint.network_name)
    alone = world.seen(container_id)
    assert (alone.state, alone.networks) == (ContainerState.RUNNING, {})
    assert (alone.addresses, alone.host_ports) == ({}, ())
    assert world.look().networks[0].endpoints == ()
    world.engine.stop_container(container_id, 5.0)
    world.engine.start_container(container_id)
    assert world.seen(container_id).state is ContainerState.RUNNING
    assert world.seen(container_id).addresses == {}
    world.engine.connect_network(container_id, endpoint)
    back = world.seen(container_id)
    assert list(back.addresses) == [endpoint.network_name]
    assert len(back.host_ports) == 1


def test_a_container_whose_network_is_gone_does_not_start_and_says_why(world: World) -> None:
    [endpoint] = _front(world)
    container_id = world.started(world.spec("web", endpoint))
    world.engine.stop_container(container_id, 5.0)
    before = world.seen(container_id)
    [network] = world.look().networks
    world.engine.remove_network(network.id)
    # Another network of that name is not the one that it was attached to.
    for make in (lambda: None, lambda: _front(world)):
        make()
        with pytest.raises(EngineError, match=r"network .* not found"):
            world.engine.start_container(container_id)
        found = world.seen(container_id)
        assert "not found" in found.error
        assert replace(found, error="") == before


# networks and volumes


def test_networks_and_volumes_are_listed_by_name_with_all_their_labels(world: World) -> None:
    for name in ("one", "two", "a"):
        world.engine.create_network(world.network(name))
        world.engine.create_volume(world.volume(name))
    names = [f"{world.prefix}-{name}" for name in ("a", "one", "two")]
    state = world.look()
    assert [one.name for one in state.networks] == names
    assert [one.name for one in state.volumes] == names
    for found in (state.networks, state.volumes):
        assert all(one.labels == world.volume("a").labels for one in found)
    assert all(one.id and one.created_at > 0 for one in state.networks)
    assert len({one.subnets for one in state.networks}) == len(names)


def test_a_network_goes_once_nothing_runs_on_it(world: World) -> None:
    network_id = world.engine.create_network(world.network("front"))
    endpoint = Endpoint(network_name=f"{world.prefix}-front")
    container_id = world.started(world.spec("web", endpoint))
    with pytest.raises(EngineError, match="active endpoints") as caught:
        world.engine.remove_network(network_id)
    assert caught.value.temporary
    world.engine.stop_container(container_id, 5.0)
    world.engine.remove_container(container_id)
    world.engine.remove_network(network_id)
    world.engine.remove_network(network_id)
    assert world.look().networks == ()


def test_a_subnet_that_is_taken_is_refused_for_the_moment(world: World) -> None:
    world.engine.create_network(world.network("one"))
    [one] = world.look().networks
    with pytest.raises(EngineError, match="overlaps") as caught:
        world.engine.create_network(world.network("two", subnet=one.subnets[0]))
    assert caught.value.temporary


def test_a_volume_goes_once_no_container_has_it(world: World) -> None:
    name = f"{world.prefix}-data"
    world.engine.create_volume(world.volume("data"))
    container_id = world.engine.create_container(
        world.spec(
            "db",
            volume_names={"data": name},
            mounts=(VolumeMount(volume="data", target="/data"),),
        )
    )
    with pytest.raises(EngineError, match="in use"):
        world.engine.remove_volume(name)
    world.engine.remove_container(container_id)
    assert [volume.name for volume in world.look().volumes] == [name]
    world.engine.remove_volume(name)
    world.engine.remove_volume(name)
    assert world.look().volumes == ()


def test_a_volume_that_is_made_along_with_a_container_is_ours(world: World) -> None:
    name = f"{world.prefix}-data"
    world.started(
        world.spec(
            "db",
            volume_names={"data": name},
            mounts=(VolumeMount(volume="data", target="/data"),),
        )
    )
    [volume] = world.look().volumes
    assert volume.name == name
    world.engine.create_volume(world.volume("data"))


# ports


def test_a_published_port_is_bound_while_the_container_runs(world: World) -> None:
    container_id = world.started(world.spec("web", *_front(world), ports=(Port(target=80),)))
    [(address, number, protocol)] = world.seen(container_id).host_ports
    assert (address, protocol) == ("127.0.0.1", "tcp")
    assert number > 0
    world.engine.stop_container(container_id, 5.0)
    assert world.seen(container_id).host_ports == ()


def test_a_port_that_is_taken_is_refused_with_the_name_of_its_holder(world: World) -> None:
    holder = world.spec("holder", *_front(world), ports=(Port(target=80),))
    [(_, number, _)] = world.seen(world.started(holder)).host_ports
    second = world.spec("web", *_front(world), ports=(Port(target=80, published=number),))
    container_id = world.engine.create_container(second)
    with pytest.raises(EngineError, match=holder.name) as caught:
        world.engine.start_container(container_id)
    assert str(number) in caught.value.message
    assert caught.value.remedy
    assert caught.value.temporary
    assert not world.seen(container_id).ready


def test_a_range_of_ports_gives_one_that_is_free(world: World) -> None:
    holder = world.spec("holder", *_front(world), ports=(Port(target=80),))
    [(_, number, _)] = world.seen(world.started(holder)).host_ports
    wanted = Port(target=80, published=number, published_end=number + 20)
    container_id = world.started(world.spec("web", *_front(world), ports=(wanted,)))
    [(_, got, _)] = world.seen(container_id).host_ports
    assert number < got <= number + 20


def _front(world: World) -> tuple[Endpoint, ...]:
    """A network, for ports are published to one; made at the first call."""
    world.engine.create_network(world.network("front"))
    return (Endpoint(network_name=f"{world.prefix}-front"),)


# probes and logs


def test_a_container_that_was_paused_is_not_unhealthy_for_that(world: World) -> None:
    container_id = world.started(world.spec("web", healthcheck=PASSING))
    world.hands.pause(container_id)
    assert world.seen(container_id).health is not EngineHealth.UNHEALTHY
    world.engine.unpause_container(container_id)
    assert world.seen(container_id).health is not EngineHealth.UNHEALTHY


def test_the_engine_gives_a_verdict_on_what_runs_and_none_on_what_ended(world: World) -> None:
    def verdict(container_id: str) -> EngineHealth:
        world.engine.probe(container_id, timeout_s=10)
        return world.seen(container_id).health

    passing, failing = (replace(one, interval_s=1, retries=1) for one in (PASSING, FAILING))
    good = world.engine.create_container(world.spec("good", healthcheck=passing))
    assert world.seen(good).health is EngineHealth.NONE
    world.engine.start_container(good)
    started = world.seen(good)
    assert (started.health, started.ready) == (EngineHealth.STARTING, False)
    world.wait_until(lambda: verdict(good) is EngineHealth.HEALTHY, "a good verdict")
    assert world.seen(good).ready
    world.engine.stop_container(good, 5.0)
    ended = world.seen(good)
    assert (ended.health, ended.ready) == (EngineHealth.STARTING, False)
    world.engine.start_container(good)
    assert world.seen(good).health is EngineHealth.STARTING
    bad = world.started(world.spec("bad", healthcheck=failing, behaviour=Behaviour(healthy=False)))
    world.wait_until(lambda: verdict(bad) is EngineHealth.UNHEALTHY, "a bad verdict")
    assert not world.seen(bad).ready


def test_a_healthcheck_is_run_when_asked_and_its_verdict_is_given(world: World) -> None:
    good = world.started(world.spec("good", healthcheck=PASSING))
    bad = world.started(world.spec("bad", healthcheck=FAILING, behaviour=Behaviour(healthy=False)))
    plain = world.started(world.spec("plain"))
    assert world.engine.probe(good, timeout_s=10).passed
    assert world.engine.probe(plain, timeout_s=10).passed
    failed = world.engine.probe(bad, timeout_s=10)
    assert not failed.passed
    assert failed.output


def test_a_container_that_does_not_run_has_not_passed_and_it_says_why(world: World) -> None:
    container_id = world.engine.create_container(world.spec("web", healthcheck=PASSING))
    for target in (container_id, "f" * 64):
        result = world.engine.probe(target, timeout_s=10)
        assert not result.passed
        assert result.output


def test_what_a_container_wrote_is_read_line_by_line(world: World) -> None:
    spec = world.spec(
        "job",
        command=("sh", "-c", "for n in 1 2 3; do echo line $n; done"),
        behaviour=Behaviour(exit_code=0, log=("line 1", "line 2", "line 3")),
    )
    container_id = world.started(spec)
    world.wait_until(
        lambda: world.seen(container_id).state is ContainerState.EXITED, "end of the job"
    )
    assert list(world.engine.logs(container_id)) == ["line 1", "line 2", "line 3"]
    assert list(world.engine.logs(container_id, tail=1)) == ["line 3"]
    [stamped] = world.engine.logs(container_id, tail=1, timestamps=True)
    assert stamped.endswith("Z line 3")


# images


def test_a_built_image_has_all_its_tags_and_its_id_is_observed(world: World) -> None:
    said: list[str] = []
    action = world.image("1", "2")
    content = context(Dockerfile=f"FROM {BASE_IMAGE}\nCOPY . /app\n", main__py="1")
    image_id = world.engine.build_image(action, content, said.append, lambda: False)
    assert world.look(*action.tags).images == dict.fromkeys(action.tags, image_id)
    assert any("COPY . /app" in line for line in said)


def test_two_that_need_one_image_at_the_same_time_get_one_image(world: World) -> None:
    action = world.image("1", "2")
    content = context(Dockerfile=f"FROM {BASE_IMAGE}\nRUN sleep 0.3; date +%N > /made\n")

    image_ids: set[str] = set()

    def build() -> None:
        image_ids.add(world.engine.build_image(action, content, lambda _: None, lambda: False))

    threads = [world.threads.Thread(target=build, daemon=True) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert world.look(*action.tags).images == dict.fromkeys(action.tags, *image_ids)


def test_a_build_that_fails_names_the_step_and_keeps_the_log(world: World) -> None:
    action = world.image()
    content = context(Dockerfile=f"FROM {BASE_IMAGE}\nRUN false\n")
    with pytest.raises(ImageError, match="Step 2/2 : RUN false") as caught:
        world.engine.build_image(action, content, lambda _: None, lambda: False)
    assert not caught.value.temporary
    assert f"Step 1/2 : FROM {BASE_IMAGE}" in caught.value.log
    assert world.look(*action.tags).images == {}


def test_a_build_that_is_stopped_is_cancelled_and_makes_no_image(world: World) -> None:
    action = world.image()
    content = context(Dockerfile=f"FROM {BASE_IMAGE}\nRUN sleep 60\n")
    with pytest.raises(CancelledError):
        world.engine.build_image(action, content, lambda _: None, lambda: True)
    assert world.look(*action.tags).images == {}


def test_an_image_that_no_registry_has_is_refused_with_a_remedy(world: World) -> None:
    reference = "registry.invalid/nothing:1"
    with pytest.raises(ImageError, match=reference) as caught:
        world.engine.pull_image(reference, lambda _: None, lambda: False)
    assert caught.value.remedy


# events


class Wakes:
    """What a listener heard, and the thread that listens."""

    def __init__(self, world: World, instance: str) -> None:
        self.heard: list[str] = []
        self._world = world
        self._done = world.threads.Event()
        self._thread = world.threads.Thread(
            target=world.engine.wait_events,
            args=(instance, self.heard.append, self._done.is_set),
            daemon=True,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        # More may follow at once: a network of a neighbour wakes everybody.
        self._world.wait_until(lambda: self.heard[:1] == [""], "the first wake, for everybody")
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=5)
        assert not self._thread.is_alive(), "told to stop, and did not return"

    def after(self, act: Callable[[], object], environment: str = "staging") -> None:
        """Do it, and wait until *environment* is woken; empty for everybody."""
        del self.heard[:]
        act()
        self._world.wait_until(
            lambda: environment in self.heard, f"a wake for {environment!r} after {act}"
        )


def test_what_happens_to_a_container_wakes_its_environment(world: World) -> None:
    [endpoint] = _front(world)
    engine, hands = world.engine, world.hands
    front = endpoint.network_name
    container_id = engine.create_container(world.spec("web", endpoint))
    with Wakes(world, world.owner.instance) as wakes:
        wakes.after(lambda: engine.create_container(world.spec("other")))
        wakes.after(lambda: engine.start_container(container_id))
        wakes.after(lambda: engine.disconnect_network(container_id, front))
        wakes.after(lambda: engine.connect_network(container_id, endpoint))
        wakes.after(lambda: hands.disconnect(container_id, front))
        wakes.after(lambda: hands.update_memory(container_id, 32 << 20))
        wakes.after(lambda: hands.rename(container_id, f"{world.prefix}-mine"))
        wakes.after(lambda: hands.pause(container_id))
        wakes.after(lambda: engine.unpause_container(container_id))
        wakes.after(lambda: hands.stop(container_id))
        wakes.after(lambda: engine.start_container(container_id))
        wakes.after(lambda: engine.stop_container(container_id, 5.0))
        wakes.after(lambda: engine.start_container(container_id))
        wakes.after(lambda: hands.kill(container_id))
        wakes.after(lambda: engine.remove_container(container_id))
        running = world.started(world.spec("web"))
        wakes.after(lambda: hands.remove_by_force(running))


def test_a_network_or_volume_of_anybody_wakes_everybody(world: World) -> None:
    engine = world.engine
    with Wakes(world, "somebody") as theirs:
        wakes = partial(theirs.after, environment="")
        wakes(lambda: engine.create_network(world.network("front")))
        wakes(lambda: engine.create_volume(world.volume("data")))
        wakes(lambda: engine.remove_network(world.look().networks[0].id))
        wakes(lambda: engine.remove_volume(f"{world.prefix}-data"))


def test_our_own_probes_and_containers_of_others_wake_nobody(world: World) -> None:
    container_id = world.started(world.spec("web", healthcheck=PASSING))
    with Wakes(world, "somebody") as theirs, Wakes(world, world.owner.instance) as ours:
        del ours.heard[:]
        world.engine.probe(container_id, timeout_s=10)
        world.engine.rename_container(container_id, f"{world.prefix}-renamed")
        world.wait_until(lambda: "staging" in ours.heard, "a wake by the renaming")
        # Networks of others may wake everybody, containers of others nobody.
        assert [name for name in ours.heard if name] == ["staging"]
        assert set(theirs.heard) == {""}

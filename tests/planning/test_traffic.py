from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.desired import DesiredState
from sandbox.model.ingress import Backend, IngressConfig, Listener, RouteMode, Server
from sandbox.model.observed import ContainerState, EngineHealth, ObservedState
from sandbox.model.rollout import UpdateConfig
from sandbox.model.service import Port
from sandbox.planning.haproxy import config_hash, render
from sandbox.planning.labels import SERVICE
from sandbox.planning.routes import INGRESS
from sandbox.planning.traffic import (
    FULL,
    Phase,
    canary_shares,
    ingress_networks,
    meant_config,
    meant_traffic,
    shared_address,
    with_shares,
)
from tests.builders import a_desired_state, a_running_state, a_service
from tests.planning.cases import CANARY, in_the_middle, rolled_out


def servers_of(config: IngressConfig) -> dict[str, int]:
    return {each.name: each.weight for backend in config.backends for each in backend.servers}


def old_and_new(observed: ObservedState) -> tuple[str, str]:
    web = [each for each in observed.containers if each.labels[SERVICE] == "web"]
    old, new = sorted(web, key=lambda each: each.created_at)
    return old.name, new.name


def phase_of(desired: DesiredState, observed: ObservedState) -> Phase:
    return meant_traffic(desired, observed).phases["web"]


BEFORE, AFTER = (rolled_out(each, **CANARY) for each in ("Hello", "Hi"))


def test_every_port_leads_to_whoever_is_ready() -> None:
    desired = rolled_out("Hello", replicas=2)
    config = meant_config(desired, a_running_state(desired))
    assert [each.port for each in config.listeners] == [8000, 39_999, 40_000]
    assert {each.backend for each in config.listeners if each.backend} == {"web-8000"}
    assert list(servers_of(config).values()) == [FULL, FULL]
    assert all(each.port == 8000 for backend in config.backends for each in backend.servers)


def test_several_services_on_one_port_are_told_apart_by_their_names() -> None:
    web, api = (a_service(name, ports=[Port(target=80)]) for name in ("web", "api"))
    desired = a_desired_state(web, api)
    (inner,) = (
        each
        for each in meant_config(desired, a_running_state(desired)).listeners
        if each.port == 80
    )
    hosts = {"api": "api-80", "web": "web-80"}
    assert replace(inner, refused=()) == Listener(port=80, mode=RouteMode.HTTP, hosts=hosts)


def test_what_is_not_ready_gets_nothing_while_something_is() -> None:
    desired = rolled_out("Hello", replicas=2)
    observed = a_running_state(desired)
    ailing = [
        replace(each, health=EngineHealth.UNHEALTHY) if "web-2" in each.name else each
        for each in observed.containers
    ]
    names = servers_of(meant_config(desired, replace(observed, containers=tuple(ailing))))
    assert ["web-1" in name for name in names] == [True]
    none = [replace(each, health=EngineHealth.UNHEALTHY) for each in observed.containers]
    assert len(servers_of(meant_config(desired, replace(observed, containers=tuple(none))))) == 2


def test_what_stands_still_gets_nothing() -> None:
    desired = rolled_out("Hello")
    observed = a_running_state(desired)
    stopped = [
        replace(each, state=ContainerState.EXITED, addresses={}) for each in observed.containers
    ]
    assert servers_of(meant_config(desired, replace(observed, containers=tuple(stopped)))) == {}


@pytest.mark.parametrize(("share", "step"), [(0, 0), (10, 1), (50, 2)])
def test_the_step_of_a_canary_is_known_by_what_the_ingress_does(share: int, step: int) -> None:
    observed = in_the_middle(BEFORE, AFTER, share=share)
    assert phase_of(AFTER, observed).step == step
    config = meant_config(AFTER, observed)
    assert config_hash(config) in {each.config_hash for each in observed.containers}


def test_a_canary_whose_end_the_ingress_reports_is_proven() -> None:
    observed = in_the_middle(BEFORE, AFTER)
    old, new = old_and_new(observed)
    networks = ingress_networks(AFTER, observed)
    addresses = {each.name: shared_address(each, networks) for each in observed.containers}
    told = with_shares(meant_config(AFTER, observed), "web", {new: FULL}, addresses)
    said = [
        replace(each, config_hash=config_hash(told)) if each.labels[SERVICE] == INGRESS else each
        for each in observed.containers
    ]
    phase = phase_of(AFTER, replace(observed, containers=tuple(said)))
    assert phase == Phase(shares={new: FULL}, proven=True)
    assert old not in phase.shares


def test_an_ingress_that_reports_nothing_goes_back_to_what_it_was_told_last() -> None:
    observed = in_the_middle(BEFORE, AFTER, share=50)
    (told,) = (each.config_hash for each in observed.containers if each.config_hash)
    silent = tuple(replace(each, config_hash="") for each in observed.containers)
    forgotten = replace(observed, containers=silent)
    assert phase_of(AFTER, replace(forgotten, told_hash=told)).step == 2
    assert phase_of(AFTER, forgotten).step == 0


def test_without_a_canary_what_is_ready_has_the_requests_unless_it_is_watched_first() -> None:
    before, after = rolled_out("Hello"), rolled_out("Hi")
    observed = in_the_middle(before, after)
    silent = tuple(replace(each, config_hash="") for each in observed.containers)
    observed = replace(observed, containers=silent)
    old, new = old_and_new(observed)
    assert servers_of(meant_config(after, observed)) == {new: FULL}
    (web,) = after.services
    watched = replace(web, rollout=replace(web.rollout, update=UpdateConfig(monitor_s=5)))
    assert servers_of(meant_config(replace(after, services=(watched,)), observed)) == {old: FULL}


def test_a_revert_goes_straight_back_and_so_does_a_way_back() -> None:
    observed = in_the_middle(BEFORE, AFTER, share=10)
    old, new = old_and_new(observed)
    assert servers_of(meant_config(BEFORE, observed)) == {old: FULL}
    assert servers_of(meant_config(AFTER, observed, rollback=True)) == {new: FULL}


def test_whoever_the_ingress_does_not_meet_gets_nothing() -> None:
    backend = Backend(name="web-80", service_name="web", mode=RouteMode.HTTP, port=80)
    other = replace(backend, name="api-80", service_name="api")
    config = IngressConfig(backends=(other, backend))
    shifted = with_shares(config, "web", {"b": 7, "a": 1}, {"a": "10.0.0.1", "b": ""})
    server = Server(name="a", address="10.0.0.1", port=80, weight=1)
    assert shifted.backends == (other, replace(backend, servers=(server,)))


names = st.sets(st.sampled_from("abcdefgh"), max_size=8)


@given(names, names, st.integers(1, 99))
def test_a_share_is_what_it_says_within_what_weights_can_tell(
    new: set[str], rest: set[str], percent: int
) -> None:
    rest -= new
    weights = canary_shares(new, rest, percent)
    assert weights.keys() == new | rest
    assert all(1 <= weight <= 256 for weight in weights.values())
    if new and rest:
        share = sum(weights[name] for name in new) / sum(weights.values())
        assert share == pytest.approx(percent / 100, abs=0.02)


def test_every_plan_of_the_ingress_can_be_written() -> None:
    for share in (0, 10, 50):
        assert "web-1" in render(meant_config(AFTER, in_the_middle(BEFORE, AFTER, share=share)))

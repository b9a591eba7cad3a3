from dataclasses import replace

import pytest

from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, ObservedState, TakenPort
from sandbox.model.service import Port
from sandbox.planning.host_ports import OWN_PORTS, HostPort, asked_ports, host_ports
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.routes import FIRST_LISTENER, INGRESS
from tests.builders import (
    a_container,
    a_desired_state,
    a_running_state,
    a_service,
    an_observed_state,
)


def on(published: int, target: int = 80, **rest: str) -> Port:
    return Port(target=target, published=published, published_end=published, **rest)


def taken(*numbers: int, environment: str = "production") -> tuple[TakenPort, ...]:
    return tuple(
        TakenPort(bound=("127.0.0.1", number, "tcp"), holder="x", environment=environment)
        for number in numbers
    )


WEB = a_desired_state(a_service(ports=[on(8081)]))


def port_of(desired: DesiredState, observed: ObservedState) -> HostPort:
    (port,) = host_ports(desired, observed)
    return port


def number_of(desired: DesiredState, observed: ObservedState) -> int:
    given = port_of(desired, observed).given
    assert given
    return given.published


def with_ports(desired: DesiredState, *numbers: int) -> ObservedState:
    """
    The ingress of *desired* runs and has these ports.
    """
    (ingress,) = (
        each
        for each in with_ingress(desired, an_observed_state(desired)).services
        if each.name == INGRESS
    )
    bound = [("127.0.0.1", number, "tcp") for number in numbers]
    return an_observed_state(desired, a_container(desired, ingress, host_ports=bound))


def test_a_free_port_is_given_as_wanted() -> None:
    port = port_of(WEB, an_observed_state(WEB))
    assert port.given == Port(target=FIRST_LISTENER, published=8081, published_end=8081)
    assert (port.is_moved, port.holder) == (False, "")


def test_a_port_of_another_environment_is_replaced_by_one_of_our_own_that_stays_the_same() -> None:
    observed = replace(an_observed_state(WEB), taken_ports=taken(8081))
    port = port_of(WEB, observed)
    assert port.is_moved
    assert (port.holder, port.environment) == ("x", "production")
    assert number_of(WEB, observed) in OWN_PORTS
    assert number_of(WEB, observed) == number_of(WEB, observed)


def test_a_port_of_our_own_that_is_taken_too_is_passed_over() -> None:
    observed = replace(an_observed_state(WEB), taken_ports=taken(8081))
    first = number_of(WEB, observed)
    next_one = number_of(WEB, replace(observed, taken_ports=taken(8081, first)))
    assert next_one in OWN_PORTS
    assert next_one != first


def test_two_environments_get_different_ports() -> None:
    other = replace(WEB, environment="preview")
    states = [replace(an_observed_state(each), taken_ports=taken(8081)) for each in (WEB, other)]
    assert number_of(WEB, states[0]) != number_of(other, states[1])


def test_a_port_of_our_own_is_kept_while_the_ingress_has_it() -> None:
    moved = number_of(WEB, replace(an_observed_state(WEB), taken_ports=taken(8081)))
    assert number_of(WEB, with_ports(WEB, moved)) == moved
    foreign = replace(with_ports(WEB, moved), taken_ports=taken(8081, environment=""))
    assert number_of(WEB, foreign) == moved


def test_a_port_that_our_ingress_has_stays_its_own_whoever_is_said_to_hold_it() -> None:
    observed = replace(with_ports(WEB, 8081), taken_ports=taken(8081))
    assert number_of(WEB, observed) == 8081


def test_a_port_of_somebody_else_is_not_given() -> None:
    port = port_of(WEB, replace(an_observed_state(WEB), taken_ports=taken(8081, environment="")))
    assert (port.given, port.holder, port.is_moved) == (None, "x", False)


def test_of_a_range_and_of_any_port_the_engine_chooses() -> None:
    for port in (Port(target=80), Port(target=80, published=8081, published_end=8089)):
        desired = a_desired_state(a_service(ports=[port]))
        observed = replace(an_observed_state(desired), taken_ports=taken(8081))
        assert port_of(desired, observed).given == replace(port, target=FIRST_LISTENER)


def test_a_port_that_changes_its_service_changes_nothing_about_the_ingress() -> None:
    def given(one: int, two: int) -> list[Port | None]:
        a, b = a_service("a", ports=[on(one)]), a_service("b", ports=[on(two)])
        desired = a_desired_state(a, b)
        return [each.given for each in host_ports(desired, an_observed_state(desired))]

    assert given(8001, 8002) == given(8002, 8001)


def test_a_stopped_container_of_ours_holds_nothing() -> None:
    observed = a_running_state(WEB)
    stopped = [
        replace(each, state=ContainerState.EXITED, host_ports=()) for each in observed.containers
    ]
    held = replace(observed, containers=tuple(stopped), taken_ports=taken(8081))
    assert port_of(WEB, held).is_moved


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
def test_ports_that_are_asked_for_are_those_of_tcp(protocol: str) -> None:
    desired = a_desired_state(a_service(ports=[on(53, protocol=protocol), Port(target=80)]))
    assert asked_ports(desired) == ({53} if protocol == "tcp" else frozenset())

from dataclasses import replace

from sandbox.model.observed import TakenPort
from sandbox.model.service import Port
from sandbox.planning.host_ports import OWN_PORTS
from sandbox.planning.urls import urls
from tests.builders import a_desired_state, a_service, an_observed_state


def fixed(target: int, published: int, **rest: str) -> Port:
    return Port(target=target, published=published, published_end=published, **rest)


def test_addresses_for_a_browser_come_first() -> None:
    desired = a_desired_state(
        a_service("db", ports=[fixed(5432, 5433)]),
        a_service("web", ports=[fixed(8000, 8081), fixed(8443, 8444, host_ip="0.0.0.0")]),
    )
    assert urls(desired) == (
        "http://127.0.0.1:8081",
        "https://127.0.0.1:8444",
        "postgresql://127.0.0.1:5433",
    )


def test_what_nobody_can_know_or_open_is_left_out() -> None:
    ports = [Port(target=80), fixed(53, 5353, protocol="udp")]
    gone = a_service("gone", replicas=0, ports=[fixed(80, 80)])
    assert urls(a_desired_state(a_service(ports=ports), gone)) == ()


def test_an_address_of_the_newer_protocol_stands_in_brackets() -> None:
    assert urls(a_desired_state(a_service(ports=[fixed(80, 80, host_ip="::1")]))) == (
        "http://[::1]:80",
    )


def test_a_port_that_another_environment_has_is_told_where_it_is_one_of_a_stranger_not() -> None:
    desired = a_desired_state(a_service(ports=[fixed(80, 8081)]))
    free = an_observed_state(desired)
    assert urls(desired, free) == ("http://127.0.0.1:8081",)
    bound = ("127.0.0.1", 8081, "tcp")
    ours = TakenPort(bound=bound, holder="x", environment="production")
    (url,) = urls(desired, replace(free, taken_ports=(ours,)))
    assert int(url.rpartition(":")[2]) in OWN_PORTS
    theirs = TakenPort(bound=bound, holder="nginx")
    assert urls(desired, replace(free, taken_ports=(theirs,))) == ()

from sandbox.model.service import Port
from sandbox.planning.urls import urls
from tests.builders import a_desired_state, a_service


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

from dataclasses import replace

import pytest

from sandbox.model.ingress import RouteMode
from sandbox.model.service import Attachment, Condition, Port, Service, VolumeMount
from sandbox.model.surroundings import Namespaces
from sandbox.planning.routes import EDGE_LISTENER, FIRST_LISTENER, Route, routes
from tests.builders import a_desired_state, a_service, waits_for

HTTP, TCP = RouteMode.HTTP, RouteMode.TCP


def on(target: int, published: int = 0, **rest: str) -> Port:
    return Port(target=target, published=published, published_end=published, **rest)


def routes_of(*services: Service) -> dict[str, Route]:
    return {route.backend: route for route in routes(a_desired_state(*services))}


@pytest.mark.parametrize(
    ("port", "mode"),
    [
        (on(80), HTTP),
        (on(8000), HTTP),
        (on(443), TCP),
        (on(5432), TCP),
        (on(7777), TCP),
        (on(7777, app_protocol="http"), HTTP),
        (on(80, app_protocol="redis"), TCP),
    ],
)
def test_a_port_is_of_the_kind_that_it_says_or_else_is_known_for(
    port: Port, mode: RouteMode
) -> None:
    (route,) = routes_of(a_service(ports=[port])).values()
    assert route.mode is mode


@pytest.mark.parametrize("mode", [HTTP, TCP])
def test_the_route_of_the_service_wins(mode: RouteMode) -> None:
    service = replace(a_service(ports=[on(80, app_protocol="http"), on(5432)]), route=mode)
    assert {route.mode for route in routes_of(service).values()} == {mode}


def test_what_is_direct_or_not_tcp_or_no_place_of_its_own_is_not_routed() -> None:
    web = a_service(ports=[on(80)])
    host = replace(a_service("host", ports=[on(80)]), namespaces=Namespaces(network="host"))
    job = a_service("job", ports=[on(80)])
    after = a_service("after", depends_on=[waits_for("job", Condition.COMPLETED)])
    assert routes_of(replace(web, route=RouteMode.DIRECT), host, job, after) == {}
    assert routes_of(a_service(ports=[on(53, protocol="udp")])) == {}
    assert routes_of(a_service("-x", ports=[on(80)])) == {}


def test_what_only_exposes_ports_is_routed_when_it_asks_for_it() -> None:
    service = replace(a_service(), expose=("8000", "9000-9001/tcp"))
    assert routes_of(service) == {}
    assert set(routes_of(replace(service, route=HTTP))) == {"web-8000", "web-9000", "web-9001"}


def test_others_call_a_stateless_service_through_the_ingress_by_all_its_names() -> None:
    attachments = [Attachment(network="back"), Attachment(network="front", aliases=("shop",))]
    (route,) = routes_of(a_service(ports=[on(80)], attachments=attachments)).values()
    assert route.names == {"back": ("web",), "front": ("shop", "web")}


@pytest.mark.parametrize(
    "service",
    [
        a_service(ports=[on(80)], mounts=[VolumeMount(volume="data", target="/data")]),
        a_service(ports=[on(80), on(53, protocol="udp")]),
        replace(a_service(ports=[on(80)]), expose=("53/udp",)),
        replace(a_service(ports=[on(80)]), expose=("1-65535",)),
        a_service(ports=[on(FIRST_LISTENER)]),
        a_service(ports=[on(EDGE_LISTENER)]),
    ],
)
def test_who_cannot_be_called_through_the_ingress_keeps_its_names(service: Service) -> None:
    (route,) = (route for route in routes_of(service).values() if route.published)
    assert not route.names


def test_who_shares_its_network_with_another_keeps_its_names() -> None:
    follower = replace(a_service("side"), namespaces=Namespaces(network="service:web"))
    (route,) = routes_of(a_service(ports=[on(80)]), follower).values()
    assert not route.names


def test_read_only_volumes_make_no_service_stateful() -> None:
    mounts = [VolumeMount(volume="data", target="/data", read_only=True)]
    (route,) = routes_of(a_service(ports=[on(80)], mounts=mounts)).values()
    assert route.names


def test_connections_on_one_port_cannot_be_told_apart_but_requests_can() -> None:
    web, api = (a_service(name, ports=[on(8000)]) for name in ("web", "api"))
    assert all(route.names for route in routes_of(web, api).values())
    found = routes_of(web, replace(api, route=TCP))
    assert found["web-8000"].names
    assert not found["api-8000"].names

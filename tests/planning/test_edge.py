import pytest

from sandbox.model.ingress import RouteMode
from sandbox.model.service import Port
from sandbox.planning.edge import (
    edge_listener,
    edge_network,
    edge_urls,
    environment_host,
    main_note,
)
from sandbox.planning.edge import main_service as main
from sandbox.planning.haproxy import render
from sandbox.planning.routes import EDGE_LISTENER, Route, routes
from tests.builders import a_desired_state, a_service


def a_route(
    name: str, port: int = 80, mode: RouteMode = RouteMode.HTTP, *, published: int = 0
) -> Route:
    ports = (Port(target=port, published=published, published_end=published),) if published else ()
    return Route(service_name=name, port=port, mode=mode, published=ports, names={})


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("staging", "staging.localhost"),
        ("Feature_X", "feature-x.localhost"),
        ("release 2.0", "release-2-0.localhost"),
        ("--é--", ""),
        ("a" * 70, "a" * 63 + ".localhost"),
    ],
)
def test_an_environment_s_name_is_written_as_a_host_s(environment: str, host: str) -> None:
    assert environment_host(environment) == host


def test_an_environment_s_own_name_leads_to_the_service_that_publishes_http() -> None:
    found = [
        a_route("admin"),
        a_route("db", 5432, RouteMode.TCP, published=5432),
        a_route("web", published=8080),
        a_route("zoo", published=8081),
    ]

    assert main(found) == "web"
    assert main(found[:2]) == "admin"
    assert main(found[1:2]) == ""


def test_a_choice_of_one_s_main_service_is_told_and_nothing_else() -> None:
    one = [a_route("admin"), a_route("web", published=8080), a_route("web", 81, published=8081)]

    assert main_note("staging", one) == ""
    assert main_note("staging", [*one, a_route("zoo", published=9000)]) == (
        "staging.localhost leads to web, the first of 2 services that publish HTTP"
    )


def test_each_http_service_has_a_name_and_tcp_has_none() -> None:
    listener = edge_listener(
        "staging",
        [a_route("db", 5432, RouteMode.TCP), a_route("api_v2"), a_route("web", published=8080)],
    )

    assert (listener.port, listener.mode, listener.backend) == (EDGE_LISTENER, RouteMode.HTTP, "")
    assert listener.trusted
    assert listener.hosts == {
        "staging.localhost": "web-80",
        "web.staging.localhost": "web-80",
        "api-v2.staging.localhost": "api_v2-80",
    }


def test_of_several_http_ports_the_published_one_is_meant_then_the_lowest() -> None:
    hosts = edge_listener(
        "staging",
        [
            a_route("web", 80),
            a_route("web", 9000, published=9000),
            a_route("web", 9100, published=9100),
            a_route("api", 8000),
            a_route("api", 3000),
        ],
    ).hosts

    assert hosts["web.staging.localhost"] == "web-9000"
    assert hosts["api.staging.localhost"] == "api-3000"


def test_of_two_services_with_one_host_name_the_first_has_it() -> None:
    for names in (("a_b", "a-b"), ("a-b", "a_b")):
        hosts = edge_listener("staging", [a_route(name) for name in names]).hosts
        assert hosts["a-b.staging.localhost"] == "a-b-80"


def test_without_http_there_are_no_names_and_no_addresses() -> None:
    assert edge_listener("staging", []).hosts == {}
    assert edge_urls("staging", [a_route("db", 5432, RouteMode.TCP)], 8080) == ()


def test_the_addresses_begin_with_that_of_the_environment() -> None:
    found = [a_route("api"), a_route("web", published=80)]

    assert edge_urls("staging", found, 8080) == (
        "http://staging.localhost:8080",
        "http://api.staging.localhost:8080",
        "http://web.staging.localhost:8080",
    )
    assert edge_urls("staging", found, 0) == ()


def test_the_network_of_the_edge_leads_nowhere_else() -> None:
    assert edge_network().internal


@pytest.mark.parametrize("name", ["a.b", "x-", "UPPER", "0", "a" * 63])
def test_no_name_of_a_service_breaks_out_of_the_configuration(name: str) -> None:
    from sandbox.model.ingress import IngressConfig  # noqa: PLC0415

    found = [a_route(name)]
    listener = edge_listener("Stag ing\n", found)

    assert "stag-ing.localhost" in render(IngressConfig(listeners=(listener,)))


def test_the_port_for_the_edge_is_nobody_else_s() -> None:
    web = a_service("web", ports=[Port(target=EDGE_LISTENER, published=8080, published_end=8080)])

    (route,) = routes(a_desired_state(web))

    assert route.names == {}

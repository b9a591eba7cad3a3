import pytest

from sandbox.compose.check import OUR_NAMES
from sandbox.planning.edge import EDGE
from sandbox.planning.routes import INGRESS
from tests.compose.committed import FILE, load, problems


def test_an_undefined_dependency_is_told_with_the_nearest_name() -> None:
    assert problems("services:\n  web: {image: x, depends_on: [dbs]}\n  db: {image: x}\n") == [
        (
            "compose.yaml:2:32: services.web.depends_on.dbs: there is no service 'dbs';"
            " did you mean 'db'?"
        )
    ]


def test_an_undefined_dependency_is_wrong_even_if_it_is_optional() -> None:
    (found,) = problems(
        "services:\n"
        "  web: {image: x, depends_on: {db: {condition: service_started, required: false}}}\n"
    )

    assert "there is no service 'db'" in found


def test_a_dependency_that_its_profiles_disable_is_told() -> None:
    (found,) = problems(
        "services:\n  web: {image: x, depends_on: [db]}\n  db: {image: x, profiles: [debug]}\n"
    )

    assert "the service 'db' is disabled by its profiles" in found


def test_an_optional_dependency_that_is_disabled_is_left_out() -> None:
    state = load(
        "services:\n"
        "  web: {image: x, depends_on: {db: {condition: service_started, required: false}}}\n"
        "  db: {image: x, profiles: [debug]}\n"
    )

    assert [(one.name, one.depends_on) for one in state.services] == [("web", ())]


def test_a_cycle_is_shown_once_from_its_least_name() -> None:
    assert problems(
        "services:\n"
        "  c: {image: x, depends_on: [a]}\n"
        "  b: {image: x, depends_on: [c]}\n"
        "  a: {image: x, depends_on: [b]}\n"
        "  d: {image: x, depends_on: [a]}\n"
    ) == [
        (
            "compose.yaml:4:30: services.a.depends_on: services wait for each other:"
            " a -> b -> c -> a (remove one of these dependencies)"
        )
    ]


def test_a_service_that_waits_for_itself_is_a_cycle() -> None:
    (found,) = problems("services: {a: {image: x, depends_on: [a]}}")

    assert "a -> a" in found


def test_two_ways_to_the_same_service_are_no_cycle() -> None:
    state = load(
        "services:\n"
        "  a: {image: x, depends_on: [b, c]}\n"
        "  b: {image: x, depends_on: [d]}\n"
        "  c: {image: x, depends_on: [d]}\n"
        "  d: {image: x}\n"
    )

    assert len(state.services) == 4


def test_two_services_on_one_host_port_name_both_places() -> None:
    (found,) = problems(
        "services:\n  a: {image: x, ports: ['8080:80']}\n  b: {image: x, ports: ['8080:81']}\n"
    )

    assert found.startswith("compose.yaml:3:")
    assert "the host port 8080/tcp is already published by the service 'a'" in found
    assert f"{FILE}:2" in found


def test_an_address_that_means_every_address_collides_with_each() -> None:
    for first, second in (("0.0.0.0", "127.0.0.9"), ("127.0.0.9", "0.0.0.0")):
        (found,) = problems(
            "services:\n"
            f"  a: {{image: x, ports: ['{first}:8080:80']}}\n"
            f"  b: {{image: x, ports: ['{second}:8080:80']}}\n"
        )
        assert "already published" in found


def test_the_same_port_on_other_addresses_and_protocols_is_fine() -> None:
    state = load(
        "services:\n"
        "  a: {image: x, ports: ['8080:80', '8080:80/udp', '127.0.0.2:8080:80']}\n"
        "  b: {image: x, ports: ['127.0.0.3:8080:80', '80', '9000-9010:80']}\n"
        "  c: {image: x, ports: ['80', '9000-9010:80']}\n"
    )

    assert len(state.services) == 3


def test_replicas_cannot_share_a_host_port_but_may_share_a_range() -> None:
    (found,) = problems("services: {a: {image: x, scale: 2, ports: ['8080:80/udp']}}")

    assert "2 replicas cannot share the host port 8080" in found
    ranges = "['8080-8090:80/udp', '81/udp']"
    assert load(f"services: {{a: {{image: x, scale: 2, ports: {ranges}}}}}").services


def test_our_names_are_those_that_we_add() -> None:
    assert {EDGE, INGRESS} == OUR_NAMES


@pytest.mark.parametrize("name", sorted(OUR_NAMES))
def test_a_service_or_a_network_with_a_name_of_ours_is_refused(name: str) -> None:
    assert problems(
        f"services:\n  {name}: {{image: x, networks: [{name}]}}\nnetworks:\n  {name}:\n"
    ) == [
        f"compose.yaml:2:3: services.{name}: the name {name} is reserved; choose another",
        f"compose.yaml:4:3: networks.{name}: the name {name} is reserved; choose another",
    ]

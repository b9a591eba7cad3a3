from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from sandbox.model.desired import DesiredState
from sandbox.model.ingress import Listener
from sandbox.model.observed import ObservedState
from sandbox.model.service import Attachment, Port, VolumeMount
from sandbox.planning.haproxy import render
from sandbox.planning.routes import EDGE_LISTENER, FIRST_LISTENER
from sandbox.planning.traffic import meant_config, meant_traffic
from tests.builders import a_desired_state, a_running_state, a_service

NAMES = ("back", "front", "sandbox-edge")
SUBNETS = {
    f"shop-staging-c0ffee_{name}": f"10.213.{number}.0/26" for number, name in enumerate(NAMES)
}
BACK, FRONT, EDGE = ("10.213.0.7", "10.213.1.7", "10.213.2.7")
GATEWAYS = ("10.213.0.1", "10.213.1.1", "10.213.2.1")


def a_segmented_shop() -> DesiredState:
    """
    Web is in front, its database in the back; both publish a port.
    """
    web = a_service(
        attachments=[Attachment(network="front")],
        ports=[Port(target=8000, published=8081, published_end=8081)],
    )
    db = a_service(
        "db",
        attachments=[Attachment(network="back")],
        ports=[Port(target=5432, published=5432, published_end=5432)],
        mounts=[VolumeMount(volume="data", target="/data")],
    )
    return a_desired_state(web, db)


def running(desired: DesiredState) -> ObservedState:
    observed = a_running_state(desired)
    networks = (replace(each, subnets=(SUBNETS[each.name],)) for each in observed.networks)
    return replace(observed, networks=tuple(networks))


def listener(port: int) -> Listener:
    config = meant_config(a_segmented_shop(), running(a_segmented_shop()))
    (found,) = (each for each in config.listeners if each.port == port)
    return found


def lets_in(found: Listener, address: str) -> bool:
    return not any(ip_address(address) in ip_network(block) for block in found.refused)


@pytest.mark.parametrize(
    ("port", "address", "expected"),
    [
        (8000, FRONT, True),
        (8000, BACK, False),
        (8000, EDGE, False),
        (FIRST_LISTENER, BACK, True),
        (FIRST_LISTENER, FRONT, False),
        (FIRST_LISTENER + 1, FRONT, True),
        (FIRST_LISTENER + 1, BACK, False),
        (EDGE_LISTENER, EDGE, True),
        (EDGE_LISTENER, FRONT, False),
        (EDGE_LISTENER, BACK, False),
    ],
)
def test_the_ingress_lets_nobody_reach_what_the_networks_keep_apart(
    port: int, address: str, expected: bool
) -> None:
    assert lets_in(listener(port), address) is expected


@pytest.mark.parametrize("address", [*GATEWAYS, "192.0.2.1"])
@pytest.mark.parametrize("port", [FIRST_LISTENER, FIRST_LISTENER + 1])
def test_the_host_reaches_what_is_published_whatever_network_it_comes_by(
    port: int, address: str
) -> None:
    assert lets_in(listener(port), address)


def test_networks_that_the_plan_makes_count_with_the_subnets_that_they_get() -> None:
    desired = a_segmented_shop()
    planned = {name: (subnet,) for name, subnet in SUBNETS.items()}
    nothing = replace(running(desired), networks=())
    assert (
        meant_traffic(desired, nothing, subnets=planned).config.listeners
        == meant_config(desired, running(desired)).listeners
    )


def test_a_connection_that_is_refused_is_refused_in_either_mode() -> None:
    text = render(meant_config(a_segmented_shop(), running(a_segmented_shop())))
    assert text.count("tcp-request connection reject") == 4

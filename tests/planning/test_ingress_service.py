from dataclasses import replace

from sandbox.model.desired import DesiredState, Network
from sandbox.model.ingress import RouteMode
from sandbox.model.service import Attachment, Port, Service, VolumeMount
from sandbox.planning.host_ports import host_ports
from sandbox.planning.ingress_service import (
    has_ingress,
    ingress_template,
    is_ingress,
    with_ingress,
)
from sandbox.planning.listeners import structure_of
from sandbox.planning.routes import EDGE_LISTENER, INGRESS, routes
from tests.builders import a_desired_state, a_service, an_observed_state

PORT = Port(target=80, published=8081, published_end=8081)
UDP = replace(PORT, protocol="udp")


def derived(desired: DesiredState) -> dict[str, Service]:
    found = with_ingress(desired, an_observed_state(desired))
    return {service.name: service for service in found.services}


def test_without_a_routed_port_nothing_is_added() -> None:
    desired = a_desired_state(a_service(ports=[UDP]))
    assert with_ingress(desired, an_observed_state(desired)) == desired


def test_what_has_the_ingress_already_stays_as_it_is() -> None:
    desired = a_desired_state(a_service(ports=[PORT]))
    once = with_ingress(desired, an_observed_state(desired))
    assert has_ingress(once)
    assert with_ingress(once, an_observed_state(desired)) == once


def test_the_ingress_publishes_what_the_service_does_not_bind_itself_any_more() -> None:
    found = derived(a_desired_state(a_service(ports=[PORT, UDP])))
    assert found["web"].ports == (UDP,)
    assert [each.published for each in found[INGRESS].ports] == [8081]


def test_the_names_of_a_stateless_service_are_those_of_the_ingress() -> None:
    attachments = [Attachment(network="back"), Attachment(network="front", aliases=("shop",))]
    found = derived(a_desired_state(a_service(ports=[PORT], attachments=attachments)))
    assert {(each.named, each.aliases) for each in found["web"].attachments} == {(False, ())}
    names = {each.network: each.aliases for each in found[INGRESS].attachments}
    assert names == {"back": ("web",), "front": ("shop", "web"), "sandbox-edge": ()}


def test_a_service_with_a_volume_keeps_its_names_and_the_ingress_meets_it() -> None:
    mounts = [VolumeMount(volume="data", target="/data")]
    found = derived(a_desired_state(a_service(ports=[PORT], mounts=mounts)))
    assert found["web"].attachments == (Attachment(network="default"),)
    assert Attachment(network="default") in found[INGRESS].attachments


def test_a_network_that_leads_nowhere_is_not_the_main_one_of_the_ingress() -> None:
    attachments = [Attachment(network="a"), Attachment(network="b")]
    networks = [Network(key="a", internal=True), Network(key="b")]
    desired = a_desired_state(a_service(ports=[PORT], attachments=attachments), networks=networks)
    assert derived(desired)[INGRESS].attachments[0].network == "b"


def test_only_an_environment_with_requests_of_http_meets_the_edge() -> None:
    web = a_service(ports=[PORT])
    for service, meets in ((web, True), (replace(web, route=RouteMode.TCP), False)):
        desired = a_desired_state(service)
        networks = with_ingress(desired, an_observed_state(desired)).networks
        assert ("sandbox-edge" in {each.key for each in networks}) is meets


def test_without_an_edge_no_network_is_made_for_it_and_one_that_is_there_stays() -> None:
    desired = a_desired_state(a_service(ports=[PORT]))
    for there in (False, True):
        observed = replace(an_observed_state(desired), edge=False)
        if not there:
            observed = replace(observed, networks=())
        whole = with_ingress(desired, observed)
        attached = {
            each.network
            for service in whole.services
            if service.name == INGRESS
            for each in service.attachments
        }
        assert ("sandbox-edge" in {each.key for each in whole.networks}) is there
        assert ("sandbox-edge" in attached) is there
        ports = {each.port for each in structure_of(desired, observed, routes(desired)).listeners}
        assert (EDGE_LISTENER in ports) is there


def test_what_is_denied_or_absent_is_left_out() -> None:
    desired = a_desired_state(a_service(ports=[PORT]))
    observed = an_observed_state(desired)
    found = with_ingress(
        desired, observed, denied=host_ports(desired, observed), absent=["default"]
    )
    (ingress,) = (each for each in found.services if each.name == INGRESS)
    assert ingress.ports == ()
    assert "default" not in {each.network for each in ingress.attachments}


def test_an_ingress_is_known_by_all_that_the_repository_has_no_say_in() -> None:
    ingress = derived(a_desired_state(a_service(ports=[PORT])))[INGRESS]
    assert is_ingress(ingress)
    assert not is_ingress(replace(ingress, privileged=True))
    assert not is_ingress(replace(ingress, image="evil"))
    assert ingress_template().image.startswith("sandbox/ingress:")

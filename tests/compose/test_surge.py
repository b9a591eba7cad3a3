import pytest

from sandbox.compose.load import load_environment
from sandbox.compose.surge import only_one
from tests.compose.committed import MemorySource, load, service, service_problems, with_service

STEPS = "x-sandbox: {rollout: {steps: [{weight: 10, for: 1s}]}}"
START_FIRST = "deploy: {update_config: {order: start-first}}"
NETWORK = "networks: {default: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}\n"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("container_name: shop", "can be called shop"),
        ("ports: ['53:53/udp']", "can bind the host port 53/udp"),
        ("ports: ['8080:80']\nx-sandbox: {route: direct}", "can bind the host port 8080/tcp"),
        ("ports: ['8080:80']\nnetwork_mode: bridge", "can bind the host port 8080/tcp"),
        ("networks: {default: {ipv4_address: 10.9.0.5}}", "can have the address 10.9.0.5"),
        ("mac_address: '02:42:ac:11:00:05'", "can have the address 02:42:ac:11:00:05"),
        ("networks: {default: {mac_address: '02:42:ac:11:00:05'}}", "the address 02:42:ac:11:"),
    ],
)
def test_what_two_containers_cannot_have_forbids_start_first(attributes: str, reason: str) -> None:
    (found,) = service_problems(f"{attributes}\n{START_FIRST}", top=NETWORK)

    assert reason in found
    assert "services.web.deploy.update_config.order: start-first has two containers" in found
    assert reason in only_one(service(attributes, top=NETWORK))


@pytest.mark.parametrize(
    "attributes",
    [
        "ports: ['8080:80']",
        "ports: ['8080:80']\nx-sandbox: {route: tcp}",
        "ports: ['80/udp']",
        "ports: ['5000-5010:53/udp']",
        "expose: [80]",
    ],
)
def test_what_two_containers_can_have_at_once_allows_start_first(attributes: str) -> None:
    found = service(f"{attributes}\n{START_FIRST}")

    assert only_one(found) == ""


def test_a_container_name_that_becomes_an_alias_forbids_nothing() -> None:
    text = f"x-sandbox: {{}}\n{with_service(f'container_name: shop{chr(10)}{START_FIRST}')}"
    files = {f"environments/{name}/compose.yaml": text.encode() for name in ("a", "b")}

    state = load_environment("b", MemorySource(files=files), default_application="shop")

    assert [only_one(each) for each in state.services] == [""]


def test_two_containers_that_write_one_volume_are_warned_of_when_asked_for() -> None:
    top = "volumes: {data: }\n"

    asked = load(with_service(f"volumes: ['data:/d']\n{START_FIRST}", top))
    not_asked = load(with_service("volumes: ['data:/d']", top))
    only_read = load(with_service(f"volumes: ['data:/d:ro']\n{START_FIRST}", top))

    assert any("two containers write the volume data" in each for each in asked.warnings)
    assert not_asked.warnings == only_read.warnings == ()


def test_an_anonymous_volume_is_in_one_container_at_a_time_whatever_is_asked_for() -> None:
    asked = load(with_service(f"volumes: ['/d']\n{START_FIRST}"))
    (found,) = service_problems(f"ports: ['80']\nvolumes: ['/d']\n{START_FIRST}\n{STEPS}")

    assert "goes stop-first: the anonymous volume at /d moves" in asked.warnings[0]
    assert "the anonymous volume at /d can be in one of them only" in found


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ("user: x", "none go through the ingress here"),
        ("expose: [80]", "none go through the ingress here"),
        ("ports: ['53/udp']", "none go through the ingress here"),
        ("ports: ['80']\nnetwork_mode: host", "none go through the ingress here"),
        (
            "ports: ['80']\ndeploy: {update_config: {order: stop-first}}",
            "a canary runs beside the old containers, and the order is stop-first",
        ),
        ("ports: ['80']\ncontainer_name: aa", "only one container can be called aa"),
        ("ports: ['80']\nvolumes: ['data:/d']", "both write the volume data"),
    ],
)
def test_a_canary_that_could_not_be_is_told(attributes: str, reason: str) -> None:
    (found,) = service_problems(f"{attributes}\n{STEPS}", top="volumes: {data: }\n")

    assert "services.web.x-sandbox.rollout.steps: a canary" in found
    assert reason in found


@pytest.mark.parametrize(
    "attributes",
    [
        f"ports: ['80']\n{STEPS}",
        f"ports: ['80']\nvolumes: ['data:/d']\n{START_FIRST}\n{STEPS}",
        f"expose: [80]\n{STEPS.replace('{rollout', '{route: http, rollout')}",
        f"expose: [80/tcp]\n{STEPS.replace('{rollout', '{route: tcp, rollout')}",
    ],
)
def test_a_canary_of_what_is_routed_is_fine(attributes: str) -> None:
    assert service(attributes, top="volumes: {data: }\n").rollout.steps


def test_replicas_share_a_port_that_the_ingress_binds_and_no_other() -> None:
    assert service("scale: 3\nports: ['8080:80']").replicas == 3
    for attributes in ("ports: ['53:53/udp']", "ports: ['8080:80']\nx-sandbox: {route: direct}"):
        (found,) = service_problems(f"scale: 3\n{attributes}")
        assert "3 replicas cannot share the host port" in found

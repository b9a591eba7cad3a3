import pytest

from tests.compose.steps import faults

OTHERS = "b: {image: i}, off: {image: i, profiles: [p]}"


def service_faults(attributes: str, top: str = "") -> list[str]:
    return faults(f"services: {{a: {{image: i, {attributes}}}, {OTHERS}}}\n{top}", "off")


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ("networks: [n]", "networks.n: the network 'n' is not declared"),
        ("models: [m]", "models.m: the model 'm' is not declared"),
        ("volumes: ['vol:/x']", "volumes[0]: the volume 'vol' is not declared"),
        ("secrets: [s]", "secrets[0]: the secret 's' is not declared"),
        ("configs: [c]", "configs[0]: the config 'c' is not declared"),
        ("build: {secrets: [s]}", "build.secrets[0]: the secret 's' is not declared"),
        ("depends_on: [c]", "depends_on.c: there is no service 'c'"),
        ("depends_on: {c: {condition: service_started, required: false}}",
         "depends_on.c: there is no service 'c'"),
        ("depends_on: [off]", "depends_on.off: the service 'off' is disabled by its profiles"),
        ("network_mode: 'service:c'", "depends_on.c: there is no service 'c'"),
        ("build: {additional_contexts: {x: 'service:c'}}",
         "build.additional_contexts.x: there is no service 'c'"),
    ],
)  # fmt: skip
def test_what_nobody_declares_is_told(attributes: str, fault: str) -> None:
    assert service_faults(attributes) == [f"services.a.{fault}"]


@pytest.mark.parametrize(
    ("attributes", "top"),
    [
        ("networks: [n]", "networks: {n: {}}"),
        ("volumes: ['vol:/x', /y, ./z:/z]", "volumes: {vol: {}}"),
        ("depends_on: {off: {condition: service_started, required: false}}", ""),
        ("depends_on: [b]", ""),
    ],
)
def test_what_is_declared_is_found(attributes: str, top: str) -> None:
    assert service_faults(attributes, top) == []


def test_the_nearest_name_is_told() -> None:
    assert service_faults("networks: [fron]", "networks: {front: {}}") == [
        "services.a.networks.fron: the network 'fron' is not declared; did you mean 'front'?"
    ]


def test_disabled_services_may_refer_to_anything() -> None:
    text = "services: {a: {image: i}, off: {networks: [nope], depends_on: [nope]}}"

    assert faults(text, "off") == []


def test_cycles_are_told_at_their_first_step_whatever_closes_them() -> None:
    text = "services: {a: {image: i, links: [b]}, b: {image: i, pid: 'service:c'}, c: {image: i,"

    assert faults(f"{text} depends_on: [a]}}}}") == [
        "services.a.depends_on: services wait for each other: a -> b -> c -> a"
    ]
    assert faults("services: {a: {image: i, depends_on: [a]}}") == [
        "services.a.depends_on: services wait for each other: a -> a"
    ]


def test_two_services_cannot_have_one_container_name() -> None:
    text = "services:\n  a: {image: i, container_name: cx}\n  b: {image: i, container_name: cx}\n"

    assert faults(text) == [
        "services.b.container_name: the name 'cx' belongs to the service 'a' at compose.yaml:2"
    ]

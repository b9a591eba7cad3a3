import pytest

from tests.compose.steps import faults


def service_faults(attributes: str) -> list[str]:
    return faults(f"services: {{a: {{{attributes}}}}}\nnetworks: {{n: {{}}}}")


@pytest.mark.parametrize(
    ("attributes", "fault"),
    [
        ("command: x", ": the service has neither `image` nor `build`"),
        ("image: ''", ": the service has neither `image` nor `build`"),
        ("build: {dockerfile: D, dockerfile_inline: FROM x}",
         ".build: `dockerfile` and `dockerfile_inline` exclude each other"),
        ("build: {platforms: [a, b]}, platform: c",
         ".platform: 'c' is not among the platforms of `build`: a, b"),
        ("image: i, network_mode: host, networks: [n]",
         ": `network_mode` and `networks` exclude each other"),
        ("image: i, healthcheck: {test: [curl, x]}",
         ".healthcheck.test: a list must begin with CMD, CMD-SHELL or NONE, not 'curl'"),
        ("image: i, mem_limit: 1g, deploy: {resources: {limits: {cpus: '1'}}}",
         (".mem_limit: `mem_limit` is 1073741824 and `deploy.resources.limits.memory` is not"
         " given")),
        ("image: i, cpus: 1, deploy: {resources: {limits: {cpus: '2'}}}",
         ".cpus: `cpus` is 1 and `deploy.resources.limits.cpus` is 2"),
        ("image: i, pids_limit: 1, deploy: {resources: {limits: {pids: 2}}}",
         ".pids_limit: `pids_limit` is 1 and `deploy.resources.limits.pids` is 2"),
        ("image: i, mem_reservation: 1k, deploy: {resources: {reservations: {memory: 2k}}}",
         (".mem_reservation: `mem_reservation` is 1024 and `deploy.resources.reservations.memory`"
         " is 2048")),
        ("image: i, scale: 2, deploy: {replicas: 3}",
         ".scale: `scale` is 2 and `deploy.replicas` is 3"),
        ("image: i, scale: 2, container_name: cx",
         ".container_name: 2 containers of the service 'a' cannot have the same name"),
        ("image: i, deploy: {replicas: 2}, container_name: cx",
         ".container_name: 2 containers of the service 'a' cannot have the same name"),
        ("image: i, develop: {watch: [{path: x, action: sync}]}",
         ".develop.watch[0]: `target` is needed for sync"),
        ("image: i, tmpfs: [/x, '/x:size=1']",
         ".tmpfs[1]: /x is mounted already, at compose.yaml:1"),
        ("image: i, tmpfs: /x, volumes: [{type: tmpfs, target: /x/../x}]",
         ".volumes[0]: /x is mounted already, at compose.yaml:1"),
    ],
)  # fmt: skip
def test_what_contradicts_is_told(attributes: str, fault: str) -> None:
    assert service_faults(attributes) == [f"services.a{fault}"]


@pytest.mark.parametrize(
    "attributes",
    [
        "provider: {type: x}",
        "image: i, cpus: 0.5, deploy: {resources: {limits: {cpus: '0.5', memory: 1g}}}",
        "image: i, mem_limit: 1g, deploy: {resources: {limits: {memory: 1024m}}}",
        "image: i, mem_limit: 1g, deploy: {resources: {reservations: {cpus: '1'}}}",
        "image: i, scale: 2, deploy: {replicas: 2}",
        "image: i, container_name: cx, scale: 1",
        "image: i, healthcheck: {test: [NONE]}",
        "image: i, develop: {watch: [{path: x, action: rebuild}, {path: y, action: restart}]}",
        "build: {platforms: [a]}, platform: a",
    ],
)
def test_what_agrees_is_taken(attributes: str) -> None:
    assert service_faults(attributes) == []

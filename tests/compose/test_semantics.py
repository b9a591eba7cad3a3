import pytest

from tests.compose.steps import faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("services: {a: {image: i, gpus: [{count: 1, device_ids: [x]}]}}",
         "services.a.gpus[0]: `count` and `device_ids` exclude each other"),
        (("services: {a: {image: i, deploy: {resources: {reservations: {devices:"
         " [{capabilities: [gpu], count: 1, device_ids: [x]}]}}}}}"),
         ("services.a.deploy.resources.reservations.devices[0]: `count` and `device_ids` exclude"
         " each other")),
        ("services: {a: {image: i, ports: [{published: 80}]}}",
         "services.a.ports[0]: the key `target` is missing"),
        ("services: {a: {image: i, ports: [{target: 80, host_ip: x}]}}",
         "services.a.ports[0].host_ip: 'x' is not an IP address"),
        ("services: {a: {image: i, volumes: [{type: volume}]}}",
         "services.a.volumes[0]: the key `target` is missing"),
        ("services: {a: {image: i, volumes: [{type: bind, target: /x}]}}",
         "services.a.volumes[0]: a bind mount needs a `source`: the path on the host"),
        ("services: {a: {image: i, devices: [{source: /x}]}}",
         "services.a.devices[0]: the key `target` is missing"),
        ("services: {a: {image: i, env_file: ['']}}",
         "services.a.env_file[0].path: a path is needed here"),
        ("services: {a: {image: i, label_file: ''}}",
         "services.a.label_file[0]: a path is needed here"),
        ("services: {}\nsecrets: {s: {name: x}}",
         "secrets.s: one of file, environment is needed, or `external: true`"),
        ("services: {}\nsecrets: {s: {file: x, environment: X}}",
         "secrets.s.environment: `file` and `environment` exclude each other"),
        ("services: {}\nconfigs: {c: {content: x, file: x}}",
         "configs.c.content: `file` and `content` exclude each other"),
        ("services: {}\nvolumes: {v: {external: true, driver: x, x-a: 1}}",
         ("volumes.v.driver: a volume with `external: true` is created elsewhere: `driver`"
         " has no effect")),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told(text: str, fault: str) -> None:
    assert faults(text) == [fault]


@pytest.mark.parametrize(
    "text",
    [
        "services: {}\nnetworks: {n: {external: true, driver: x}}",
        "services: {}\nsecrets: {s: {external: true, file: x}, t: {environment: X}}",
        "services: {}\nconfigs: {c: {content: ''}}",
        "services: {a: {image: i, volumes: [{type: bind, source: '', target: /x}]}}",
    ],
)
def test_what_compose_takes_is_taken(text: str) -> None:
    assert faults(text) == []

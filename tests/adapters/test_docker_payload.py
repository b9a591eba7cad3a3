import dataclasses
from typing import Any

import pytest

from sandbox.adapters.docker_engine.payload import container_payload, writable_folders
from sandbox.model.action import ContainerSpec, Endpoint
from sandbox.model.service import (
    ContainerFile,
    Healthcheck,
    Limits,
    Logging,
    Port,
    Service,
    TmpfsMount,
    Ulimit,
    VolumeMount,
)
from sandbox.planning import labels

FRONT = Endpoint(network_name="shop-front", aliases=("web", "www"), ipv4_address="10.1.2.3")
OWNER_LABELS = {labels.INSTANCE: "i", labels.APP: "a", labels.ENVIRONMENT: "e"}


def payload(*endpoints: Endpoint, **service: Any) -> dict[str, Any]:
    spec = ContainerSpec(
        name="shop-web-1",
        service=Service(name="web", image="shop/web:1", **service),
        replica=1,
        labels={**OWNER_LABELS, "mine": "1"},
        endpoints=endpoints,
        volume_names={"data": "shop-data"},
        spec_hash="1",
    )
    return container_payload(spec, endpoints)


# By field of a service: a value, and what of the payload it becomes.
FIELDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "command": (("a", "b c"), {"Cmd": ["a", "b c"]}),
    "entrypoint": (("sh", "-c"), {"Entrypoint": ["sh", "-c"]}),
    "environment": ({"A": "b=c", "E": ""}, {"Env": ["A=b=c", "E="]}),
    "expose": (
        ("80", "81/udp", "90-91"),
        {"ExposedPorts": ["80/tcp", "81/udp", "90/tcp", "91/tcp"]},
    ),
    "healthcheck": (
        Healthcheck(test=("CMD", "true"), interval_s=1.5, timeout_s=2, start_period_s=0, retries=4),
        {
            "Healthcheck": {
                "Test": ["CMD", "true"],
                "Interval": 1_500_000_000,
                "Timeout": 2_000_000_000,
                "StartPeriod": 0,
                "Retries": 4,
            }
        },
    ),
    "user": ("app:app", {"User": "app:app"}),
    "working_dir": ("/app", {"WorkingDir": "/app"}),
    "hostname": ("web1", {"Hostname": "web1"}),
    "stop_signal": ("SIGQUIT", {"StopSignal": "SIGQUIT"}),
    "stop_grace_period_s": (1.2, {"StopTimeout": 2}),
    "image": ("shop/web:2", {"Image": "shop/web:2"}),
}
HOST_FIELDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ports": (
        (
            Port(target=80, published=8081),
            Port(target=80, host_ip="0.0.0.0"),
            Port(target=53, published=5000, published_end=5010, protocol="udp"),
        ),
        {
            "PortBindings": {
                "80/tcp": [
                    {"HostIp": "127.0.0.1", "HostPort": "8081"},
                    {"HostIp": "0.0.0.0", "HostPort": ""},
                ],
                "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5000-5010"}],
            }
        },
    ),
    "mounts": (
        (
            VolumeMount(volume="data", target="/data", read_only=True, no_copy=True),
            TmpfsMount(target="/tmp", size_bytes=1024, mode=0o1777, options="noexec"),
            TmpfsMount(target="/run"),
        ),
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "shop-data",
                    "Target": "/data",
                    "ReadOnly": True,
                    "VolumeOptions": {"NoCopy": True, "Labels": OWNER_LABELS},
                }
            ],
            "Tmpfs": {"/tmp": "noexec,size=1024,mode=1777", "/run": ""},
        },
    ),
    "limits": (
        Limits(memory_bytes=5, nano_cpus=6, pids=7, restart="on-failure:3"),
        {
            "Memory": 5,
            "NanoCpus": 6,
            "PidsLimit": 7,
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
        },
    ),
    "init": (True, {"Init": True}),
    "read_only": (True, {"ReadonlyRootfs": True}),
    "cap_add": (("NET_ADMIN",), {"CapAdd": ["NET_ADMIN"]}),
    "cap_drop": (("ALL",), {"CapDrop": ["ALL"]}),
    "security_opt": (("no-new-privileges",), {"SecurityOpt": ["no-new-privileges"]}),
    "ulimits": (
        (Ulimit(name="nofile", soft=1, hard=2),),
        {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]},
    ),
    "extra_hosts": (("a:1.2.3.4", "b=::1"), {"ExtraHosts": ["a:1.2.3.4", "b:::1"]}),
    "logging": (
        Logging(driver="json-file", options={"max-size": "1m"}),
        {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}},
    ),
}
# What the create call does not carry, and who does.
ELSEWHERE = {
    "name": "labels",
    "build": "BuildImage",
    "files": "CopyFiles",
    "attachments": "endpoints of the spec",
    "depends_on": "the plan",
    "replicas": "the plan",
    "labels": "labels of the spec",
    "place": "messages",
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_setting_of_a_service_reaches_the_engine(name: str) -> None:
    value, expected = FIELDS[name]
    found = container_payload(
        ContainerSpec(
            name="x",
            service=dataclasses.replace(Service(name="web", image="i"), **{name: value}),
            replica=1,
            labels={},
            spec_hash="1",
        ),
        (),
    )
    for key, wanted in expected.items():
        assert (list(found[key]) if key == "ExposedPorts" else found[key]) == wanted


@pytest.mark.parametrize("name", HOST_FIELDS)
def test_each_setting_of_a_service_s_surroundings_reaches_the_engine(name: str) -> None:
    value, expected = HOST_FIELDS[name]
    assert payload(**{name: value})["HostConfig"].items() >= expected.items()


def test_no_setting_of_a_service_is_forgotten() -> None:
    known = {*FIELDS, *HOST_FIELDS, *ELSEWHERE}
    assert {field.name for field in dataclasses.fields(Service)} == known


def test_what_is_not_asked_for_is_left_to_the_image_and_the_engine() -> None:
    plain = payload()
    left = {"Cmd", "Entrypoint", "Healthcheck", "User", "WorkingDir", "Hostname", "StopSignal"}
    assert not left & set(plain)
    left = {"Memory", "NanoCpus", "PidsLimit", "RestartPolicy", "Init", "LogConfig"}
    assert not left & set(plain["HostConfig"])


def test_an_empty_entrypoint_takes_the_image_s_away() -> None:
    assert payload(entrypoint=())["Entrypoint"] == [""]


def test_a_healthcheck_without_a_test_keeps_that_of_the_image() -> None:
    assert payload(healthcheck=Healthcheck(retries=2))["Healthcheck"] == {"Retries": 2}


def test_published_ports_are_exposed() -> None:
    assert payload(ports=(Port(target=80, published=1),))["ExposedPorts"] == {"80/tcp": {}}


def test_the_first_network_is_the_main_one_and_each_has_its_names_and_address() -> None:
    found = payload(FRONT, Endpoint(network_name="shop-back"))
    assert found["HostConfig"]["NetworkMode"] == "shop-front"
    assert found["NetworkingConfig"]["EndpointsConfig"] == {
        "shop-front": {"Aliases": ["web", "www"], "IPAMConfig": {"IPv4Address": "10.1.2.3"}},
        "shop-back": {"Aliases": []},
    }


def test_a_container_without_networks_has_none_instead_of_the_engine_s_own() -> None:
    assert payload()["HostConfig"]["NetworkMode"] == "none"


def test_a_read_only_container_gets_a_volume_where_files_are_copied_to() -> None:
    service = Service(
        name="web",
        image="i",
        read_only=True,
        mounts=(VolumeMount(volume="data", target="/data"),),
        files=tuple(
            ContainerFile(target=target, content=b"", source="x")
            for target in ("/etc/app/a", "/etc/app/b", "/data/sub/c", "/run/secrets/d")
        ),
    )
    assert writable_folders(service) == ("/etc/app", "/run/secrets")
    assert writable_folders(dataclasses.replace(service, read_only=False)) == ()

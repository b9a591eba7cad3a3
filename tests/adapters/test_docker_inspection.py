from typing import Any

import pytest

from sandbox.adapters.docker_engine.inspection import epoch_s, observed_container
from sandbox.adapters.docker_engine.probes import healthcheck_command
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.service import Limits

ID = "0123456789abcdef" * 4


def inspected(
    state: dict[str, Any] | None = None,
    config: dict[str, Any] | None = None,
    host: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    return {
        "Id": ID,
        "Name": "/shop-web-1",
        "Image": "sha256:1",
        "Created": "2026-11-23T08:00:00.5Z",
        "State": {"Status": "running", **(state or {})},
        "Config": {"Labels": None, **(config or {})},
        "HostConfig": host or {},
        "NetworkSettings": network or {},
        **top,
    }


def test_a_start_that_failed_for_a_taken_port_is_told_without_the_engine_s_long_ids() -> None:
    said = (
        "driver failed programming external connectivity on endpoint x (fff380be4da0d12c): Error"
        " starting userland proxy: listen tcp4 127.0.0.1:8081: bind: address already in use"
    )
    found = observed_container(inspected({"Status": "created", "Error": said}))
    assert found.error == "port 127.0.0.1:8081 of this machine is taken"


def test_names_come_without_the_engine_s_slash_and_missing_labels_are_none() -> None:
    found = observed_container(inspected())
    assert (found.id, found.name, found.labels) == (ID, "shop-web-1", {})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0001-01-01T00:00:00Z", 0.0),
        ("", 0.0),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00.123456789Z", 60.123456),
        ("1970-01-01T02:01:00.5+02:00", 60.5),
    ],
)
def test_times_are_seconds_since_the_epoch_and_never_is_zero(text: str, seconds: float) -> None:
    assert epoch_s(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize(
    ("test", "status", "health", "expected"),
    [
        (None, "running", None, (False, True, EngineHealth.NONE)),
        (["NONE"], "running", "none", (False, True, EngineHealth.NONE)),
        (None, "exited", None, (False, False, EngineHealth.NONE)),
        (None, "paused", None, (False, False, EngineHealth.NONE)),
        (["CMD", "x"], "running", "starting", (True, False, EngineHealth.STARTING)),
        (["CMD", "x"], "running", "healthy", (True, True, EngineHealth.HEALTHY)),
        (["CMD", "x"], "running", "unhealthy", (True, False, EngineHealth.UNHEALTHY)),
    ],
)
def test_ready_is_healthy_or_running_without_a_healthcheck(
    test: list[str] | None,
    status: str,
    health: str | None,
    expected: tuple[bool, bool, EngineHealth],
) -> None:
    state: dict[str, Any] = {"Status": status}
    if health:
        state["Health"] = {"Status": health, "FailingStreak": 3 * (health == "unhealthy")}
    config = {"Healthcheck": {"Test": test}} if test else {}
    found = observed_container(inspected(state=state, config=config))
    assert found.state is ContainerState(status)
    assert (found.probed, found.ready, found.health) == expected


@pytest.mark.parametrize(
    ("streak", "retries", "health"),
    [
        (0, 0, EngineHealth.STARTING),
        (2, 0, EngineHealth.STARTING),
        (3, 0, EngineHealth.UNHEALTHY),
        (4, 5, EngineHealth.STARTING),
        (1, 1, EngineHealth.UNHEALTHY),
    ],
)
def test_unhealthy_is_only_what_failed_often_enough_not_what_was_paused(
    streak: int, retries: int, health: EngineHealth
) -> None:
    state = {"Status": "running", "Health": {"Status": "unhealthy", "FailingStreak": streak}}
    config = {"Healthcheck": {"Test": ["CMD", "x"], "Retries": retries}}
    assert observed_container(inspected(state=state, config=config)).health is health


@pytest.mark.parametrize(
    ("host", "limits"),
    [
        ({}, Limits()),
        ({"Memory": 0, "NanoCpus": 0, "PidsLimit": None, "RestartPolicy": {"Name": ""}}, Limits()),
        ({"PidsLimit": -1, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}}, Limits()),
        (
            {"Memory": 5, "NanoCpus": 6, "PidsLimit": 7, "RestartPolicy": {"Name": "always"}},
            Limits(memory_bytes=5, nano_cpus=6, pids=7, restart="always"),
        ),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
            Limits(restart="on-failure:3"),
        ),
        (
            {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 0}},
            Limits(restart="on-failure"),
        ),
    ],
)
def test_limits_that_mean_the_same_are_equal(host: dict[str, Any], limits: Limits) -> None:
    assert observed_container(inspected(host=host)).limits == limits


def test_networks_have_the_aliases_that_were_asked_for_and_not_the_engine_s_own() -> None:
    networks = {
        "shop-front": {"Aliases": ["www", "web", ID[:12], "web"]},
        "shop-back": {"Aliases": None},
        "none": {"Aliases": None},
    }
    found = observed_container(inspected(network={"Networks": networks}))
    assert found.networks == {"shop-back": (), "shop-front": ("web", "www")}


def test_volumes_and_bound_ports_are_what_the_engine_really_has() -> None:
    mounts = [
        {"Type": "volume", "Name": "shop-data", "Destination": "/data"},
        {"Type": "bind", "Source": "/x", "Destination": "/y"},
        {"Type": "tmpfs", "Destination": "/tmp"},
    ]
    ports = {
        "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8081"}],
        "53/udp": [{"HostIp": "0.0.0.0", "HostPort": "53"}],
        "90/tcp": None,
    }
    found = observed_container(inspected(network={"Ports": ports}, Mounts=mounts))
    assert found.volumes == {"/data": "shop-data"}
    assert found.host_ports == (("0.0.0.0", 53, "udp"), ("127.0.0.1", 8081, "tcp"))


def test_how_a_container_ended_is_told() -> None:
    state = {
        "Status": "exited",
        "ExitCode": 137,
        "OOMKilled": True,
        "Error": "no such file",
        "FinishedAt": "1970-01-01T00:01:00Z",
    }
    found = observed_container(inspected(state=state))
    assert (found.exit_code, found.oom_killed, found.error) == (137, True, "no such file")
    assert found.finished_at == 60.0


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ({"Healthcheck": {"Test": ["CMD", "curl", "-f", "x"]}}, ("curl", "-f", "x")),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "exit 1"]}}, ("/bin/sh", "-c", "exit 1")),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "exit 1"]}, "Shell": ["/bin/bash", "-ec"]},
            ("/bin/bash", "-ec", "exit 1"),
        ),
        ({"Healthcheck": {"Test": ["NONE"]}}, ()),
        ({}, ()),
    ],
)
def test_a_healthcheck_is_run_as_the_engine_would(
    config: dict[str, Any], command: tuple[str, ...]
) -> None:
    assert healthcheck_command(inspected(config=config)) == command

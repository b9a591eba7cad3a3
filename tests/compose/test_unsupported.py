import inspect

import pytest

from sandbox.compose import (
    build,
    container_names,
    limits,
    mounts,
    rollout,
    service,
    sharing,
    unsupported,
)
from sandbox.compose.attributes import BUILD, SERVICE
from sandbox.compose.attributes_deploy import DEPLOY
from tests.compose.committed import load, service_problems, with_service

READERS = "".join(
    inspect.getsource(module)
    for module in (build, container_names, limits, mounts, rollout, service, sharing)
)
# Read into other keys before anybody here sees the service.
RESOLVED = {"env_file", "extends", "label_file", "x-sandbox"}


@pytest.mark.parametrize("key", sorted(SERVICE["properties"].keys() - RESOLVED))
def test_every_key_of_a_service_is_acted_on_or_refused_or_harmless(key: str) -> None:
    tables = (unsupported.REFUSED, unsupported.HARMLESS)
    assert any(key in table for table in tables) != (f'"{key}"' in READERS)


@pytest.mark.parametrize("key", sorted(BUILD["properties"]))
def test_every_key_of_a_build_is_acted_on_or_refused(key: str) -> None:
    assert (key in unsupported.REFUSED_BUILD) or f'"{key}"' in READERS


@pytest.mark.parametrize("key", sorted(DEPLOY["properties"]))
def test_every_key_of_deploy_is_acted_on_or_refused_or_harmless(key: str) -> None:
    refused = {"mode"}
    assert key in unsupported.HARMLESS_DEPLOY | refused or f'"{key}"' in READERS


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("use_api_socket: true", "`use_api_socket` is not supported: it hands the engine"),
        ("isolation: hyperv", "`isolation` is not supported: it is for containers of Windows"),
        ("cpu_count: 2", "`cpu_count` is not supported"),
        ("cpu_percent: 50", "`cpu_percent` is not supported"),
        ("credential_spec: {file: x}", "`credential_spec` is not supported"),
        ("models: [m]", "`models` is not supported: it needs a runner of models"),
        ("provider: {type: x}", "`provider` is not supported"),
        ("deploy: {mode: replicated-job}", "`deploy.mode: replicated-job` is not supported"),
    ],
)
def test_what_is_not_acted_on_is_refused_with_its_place(written: str, message: str) -> None:
    found = service_problems(written, top="models: {m: {model: x}}\n")

    assert message in found[0]
    assert found[0].startswith("compose.yaml:4:")


def test_what_only_swarm_would_do_is_taken_and_changes_nothing() -> None:
    plain = load(with_service("user: x")).services
    swarm = load(
        with_service(
            "user: x\ndeploy: {labels: {a: b}, placement: {constraints: [a == b]},"
            " endpoint_mode: vip}\n"
            "attach: false\ndevelop: {watch: []}"
        )
    ).services

    assert plain == swarm


@pytest.mark.parametrize(("more", "replicas"), [("", 1), (", replicas: 3", 3)])
def test_a_global_service_is_one_container_unless_replicas_are_said(
    more: str, replicas: int
) -> None:
    state = load(with_service(f"deploy: {{mode: global{more}}}"))

    assert state.services[0].replicas == replicas
    warned = ["`replicas` counts although the mode is global" in each for each in state.warnings]
    assert warned == [True] * bool(more)


def test_reserved_processors_and_delays_are_said_to_change_nothing() -> None:
    state = load(
        with_service(
            "deploy: {resources: {reservations: {cpus: '1'}}, restart_policy: {delay: 5s}}"
        )
    )

    assert "reserved processors change nothing" in state.warnings[0]
    assert "`delay` changes nothing" in state.warnings[1]

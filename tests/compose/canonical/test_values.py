from typing import Any

import pytest

from tests.compose.canonical.trees import faults, valued_service, warnings


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("stop_grace_period: 90s", "1m30s"),
        ("mem_limit: 1.5g", "1610612736"),
        ("mem_limit: 1024", "1024"),
        ("memswap_limit: -1", -1),
        ("shm_size: 1e3k", "1024000"),
        ("pids_limit: 1.9", 1),
        ("cpus: '1e-1'", 0.1),
        ("cpus: 2.0", 2),
        ("scale: '2'", 2),
        ("scale: 0", 0),
        ("init: 'off'", False),
        ("attach: false", False),
        ("command: echo 'a b'", ["echo", "a b"]),
        ("command: ''", []),
        ("command: [a b]", ["a b"]),
        ("command: null", None),
        ("healthcheck: {test: x || y}", {"test": ["CMD-SHELL", "x || y"]}),
        ("healthcheck: {retries: 0, interval: 0s}", {"retries": 0, "interval": "0s"}),
        ("extra_hosts: ['a:1.2.3.4', 'b=[::1]']", ["a=1.2.3.4", "b=::1"]),
        ("extra_hosts: {a: [1.1.1.1, 2.2.2.2]}", ["a=1.1.1.1", "a=2.2.2.2"]),
        ("expose: [80, 81/udp]", ["80", "81/udp"]),
        ("group_add: [1, a]", ["1", "a"]),
        ("labels: {a: , b: 1}", {"a": "", "b": "1"}),
        ("environment: {A: }", {"A": None}),
        ("secrets: [{source: s, mode: 440}]", [{"source": "s", "mode": "0670"}]),
        ("secrets: [{source: s, mode: '0440'}]", [{"source": "s", "mode": "0440"}]),
        ("configs: [{source: s, mode: 0440}]", [{"source": "s", "mode": "0440"}]),
        ("volumes: [{type: tmpfs, target: /x/../y, tmpfs: {size: 1m, mode: 0o700}}]",
         [{"type": "tmpfs", "target": "/y", "tmpfs": {"size": "1048576", "mode": 448}}]),
        ("ulimits: {nofile: '9', nproc: {soft: 1, hard: '2'}}",
         {"nofile": 9, "nproc": {"soft": 1, "hard": 2}}),
        ("deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: '10'}}}",
         {"resources": {"limits": {"cpus": 0.5, "memory": "52428800", "pids": 10}}}),
        ("gpus: [{count: all, options: [a=b]}]", [{"count": -1, "options": {"a": "b"}}]),
        ("provider: {type: x, options: {a: 1, b: [c, true]}}",
         {"type": "x", "options": {"a": ["1"], "b": ["c", "true"]}}),
        ("blkio_config: {device_read_bps: [{path: /x, rate: 1mb}]}",
         {"device_read_bps": [{"path": "/x", "rate": "1048576"}]}),
        ("build: {context: ., shm_size: 1k, provenance: true, no_cache: 'yes'}",
         {"context": ".", "shm_size": "1024", "provenance": "true", "no_cache": True}),
    ],
)  # fmt: skip
def test_values_are_printed_as_compose_prints_them(attribute: str, expected: Any) -> None:
    found = valued_service(attribute)

    assert list(found.values()) == [expected]
    assert type(next(iter(found.values()))) is type(expected)


@pytest.mark.parametrize(
    "attribute",
    ["tty: false", "hostname: ''", "cpu_shares: 0", "mem_limit: 0", "ports: []", "environment: {}",
     "deploy: null", "restart: ''", "mem_limit: 1e3", "pull_refresh_after: 1h", "cpus: '0'"],
)  # fmt: skip
def test_what_says_nothing_is_left_out(attribute: str) -> None:
    assert valued_service(attribute) == {}


@pytest.mark.parametrize(
    ("attribute", "fault"),
    [
        ("stop_grace_period: 10", "stop_grace_period: must be a duration"),
        ("healthcheck: {interval: 1y}", "healthcheck.interval: must be a duration"),
        ("healthcheck: {retries: -1}", "healthcheck.retries: must not be less than 0"),
        ("mem_limit: b", "mem_limit: must be a size"),
        ("mem_limit: '-1'", "mem_limit: must be a size"),
        ("cpus: ''", "cpus: must be a number such as 0.5"),
        ("cpus: '1_0'", "cpus: must be a number such as 0.5"),
        ("cpus: .inf", "cpus: must be a number such as 0.5"),
        ("scale: x", "scale: must be a whole number"),
        ("scale: -1", "scale: must not be less than 0"),
        ("init: '1'", "init: must be true or false"),
        ('command: "a \'b"', "command: the command cannot be split into words"),
        ("extra_hosts: [a]", "extra_hosts[0]: 'a' is not name:address or name=address"),
        ("extra_hosts: {'a:b': x}", "extra_hosts.a:b: 'a:b' is not the name of a host"),
        ("secrets: [{source: s, mode: abc}]", "secrets[0].mode: must be permissions"),
        ("secrets: [{source: s, mode: -1}]", "secrets[0].mode: must be permissions"),
    ],
)
def test_what_cannot_be_read_is_told(attribute: str, fault: str) -> None:
    (found,) = faults(attribute)

    assert found.startswith(f"services.a.{fault}")


@pytest.mark.parametrize(
    ("attribute", "warning"),
    [
        ("command: a; b", "everything from ';' on is ignored, as Compose does"),
        ("mem_limit: 1e3", "1000 is ignored, as Compose does"),
        ("pids_limit: 1.9", "1.9 is read as 1, as Compose does"),
    ],
)
def test_what_compose_drops_in_silence_is_warned_of(attribute: str, warning: str) -> None:
    (found,) = warnings(attribute)

    assert warning in found


def test_a_long_value_is_cut_in_a_message() -> None:
    (found,) = faults(f"stop_grace_period: {'x' * 5000}")

    assert len(found) < 250

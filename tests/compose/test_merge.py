import json

import pytest

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.merge import merge, merge_service
from sandbox.compose.node import ListNode, MapNode, mapping, plain


def read(text: str, file: str) -> MapNode:
    findings = Findings(file)
    tree = parse(f"s: {{{text}}}".encode(), file, findings)
    assert tree is not None, findings.problems
    return mapping(tree.get("s"))


def over(base: MapNode, own: MapNode) -> MapNode:
    findings = Findings("own")
    merged = merge_service(base, own, ("services", "s"), findings)
    assert not findings.problems
    return merged


STARTED = {"condition": "service_started", "required": True}
HEALTHY = {"condition": "service_healthy"}


@pytest.mark.parametrize(
    ("base", "own", "merged"),
    [
        ("image: a", "image: b", {"image": "b"}),
        ("image: a", "user: b", {"image": "a", "user": "b"}),
        ("restart: always", "restart: ", {"restart": "always"}),
        ("command: a", "command: ", {"command": None}),
        ("entrypoint: [a]", "entrypoint: [b]", {"entrypoint": ["b"]}),
        ("command: [a]", "command: b", {"command": "b"}),
        ("ports: ['1']", "ports: ['2']", {"ports": ["1", "2"]}),
        ("ports: ['1']", "ports: ", {"ports": ["1"]}),
        ("cap_add: [A, B]", "cap_add: [B, C]", {"cap_add": ["A", "B", "B", "C"]}),
        ("expose: [1]", "expose: ['1', 2]", {"expose": [1, "1", 2]}),
        ("environment: {A: 1, B: 1}", "environment: [B=2, C]",
         {"environment": {"A": 1, "B": "2", "C": None}}),
        ("environment: [A=1]", "environment: {A: 2}", {"environment": {"A": 2}}),
        ("labels: [a]", "labels: [b=1]", {"labels": {"a": None, "b": "1"}}),
        ("env_file: a", "env_file: [b]", {"env_file": ["a", "b"]}),
        ("tmpfs: /a", "tmpfs: /b", {"tmpfs": ["/a", "/b"]}),
        ("healthcheck: {test: [CMD, a], retries: 1}", "healthcheck: {test: [CMD, b]}",
         {"healthcheck": {"test": ["CMD", "b"], "retries": 1}}),
        ("depends_on: [a]", "depends_on: [b]", {"depends_on": {"a": STARTED, "b": STARTED}}),
        ("depends_on: {a: {condition: service_healthy}}", "depends_on: [b]",
         {"depends_on": {"a": HEALTHY, "b": STARTED}}),
        ("depends_on: {a: {condition: service_healthy}}", "depends_on: [a]",
         {"depends_on": {"a": STARTED}}),
        ("networks: [a]", "networks: {a: {aliases: [x]}, b: }",
         {"networks": {"a": {"aliases": ["x"]}, "b": None}}),
        ("networks: {a: {aliases: [x]}}", "networks: [a]",
         {"networks": {"a": {"aliases": ["x"]}}}),
        ("build: ./a", "build: {target: t}", {"build": {"context": "./a", "target": "t"}}),
        ("build: {context: a, args: {A: 1}}", "build: {args: [B=2]}",
         {"build": {"context": "a", "args": {"A": 1, "B": "2"}}}),
        ("build: {context: a, target: t}", "build: b", {"build": {"context": "b", "target": "t"}}),
        ("logging: {driver: a, options: {x: 1}}", "logging: {options: {y: 2}}",
         {"logging": {"driver": "a", "options": {"x": 1, "y": 2}}}),
        ("logging: {driver: a, options: {x: 1}}", "logging: {driver: b, options: {y: 2}}",
         {"logging": {"driver": "b", "options": {"y": 2}}}),
        ("ulimits: {a: {soft: 1, hard: 2}, b: 1}", "ulimits: {a: 3}",
         {"ulimits": {"a": 3, "b": 1}}),
        ("ulimits: {a: {soft: 1, hard: 2}}", "ulimits: {a: {soft: 3, hard: 4}}",
         {"ulimits": {"a": {"soft": 3, "hard": 4}}}),
        ("extra_hosts: ['a:1', 'b:1']", "extra_hosts: ['a:1', 'a:2']",
         {"extra_hosts": ["a:1", "b:1", "a:2"]}),
        ("extra_hosts: {a: '1'}", "extra_hosts: ['b:2']", {"extra_hosts": ["a=1", "b:2"]}),
        ("extra_hosts: {a: '1'}", "extra_hosts: {a: '2'}", {"extra_hosts": ["a=1", "a=2"]}),
        ("deploy: {replicas: 1, resources: {limits: {cpus: '1'}}}",
         "deploy: {resources: {limits: {memory: 1m}}}",
         {"deploy": {"replicas": 1, "resources": {"limits": {"cpus": "1", "memory": "1m"}}}}),
        ("environment: 1", "environment: [A=1]", {"environment": ["A=1"]}),
        ("environment: A", "environment: [B=1]", {"environment": {"A": None, "B": "1"}}),
        ("environment: ", "environment: [A=1]", {"environment": ["A=1"]}),
        ("sysctls: [a=1]", "sysctls: {b: 2}", {"sysctls": {"a": "1", "b": 2}}),
        ("deploy: {labels: [a]}", "deploy: {labels: {b: c}}",
         {"deploy": {"labels": {"a": None, "b": "c"}}}),
        ("dns: a", "dns: [b]", {"dns": ["a", "b"]}),
        ("security_opt: [a]", "security_opt: [a]", {"security_opt": ["a", "a"]}),
        ("models: [a]", "models: {b: {x: y}}", {"models": {"a": None, "b": {"x": "y"}}}),
        ("gpus: all", "gpus: [{count: 1}]", {"gpus": [{"count": 1}]}),
        ("build: {context: a, additional_contexts: [x=y]}", "build: {additional_contexts: {z: w}}",
         {"build": {"context": "a", "additional_contexts": {"x": "y", "z": "w"}}}),
        ("x-a: {b: {c: 1}}", "x-a: {b: {d: 2}}", {"x-a": {"b": {"c": 1, "d": 2}}}),
    ],
)  # fmt: skip
def test_a_service_is_laid_over_another(base: str, own: str, merged: object) -> None:
    assert plain(over(read(base, "base"), read(own, "own"))) == merged


ATTRIBUTES = {
    "build": "./a",
    "cap_add": ["A"],
    "depends_on": ["a"],
    "env_file": "a",
    "environment": ["A=1"],
    "extra_hosts": ["a:1"],
    "labels": {"a": "b"},
    "logging": {"driver": "x"},
    "networks": ["a"],
    "ports": ["1"],
    "tmpfs": "/a",
    "ulimits": {"a": 1},
}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_null_keeps_what_was_there(attribute: str) -> None:
    base = read(f"{attribute}: {json.dumps(ATTRIBUTES[attribute])}", "base")

    merged = over(base, read(f"{attribute}: ", "own"))

    assert plain(merged) == {attribute: ATTRIBUTES[attribute]}


@pytest.mark.parametrize(
    ("base", "own", "message"),
    [
        ("ports: ['1']", "ports: {a: b}", "ports: a mapping cannot be laid over a list"),
        ("cap_add: [A]", "cap_add: B", "cap_add: a single value cannot be laid over a list"),
        ("healthcheck: {retries: 1}", "healthcheck: [a]",
         "healthcheck: a list cannot be laid over a mapping"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_told_with_both_places(
    base: str, own: str, message: str
) -> None:
    findings = Findings("own")

    merge_service(read(base, "base"), read(own, "own"), ("services", "s"), findings)

    (problem,) = map(str, findings.problems)
    assert problem.startswith("own:1:")
    assert f"services.s.{message}, which is at base:1" in problem


@pytest.mark.parametrize(
    ("base", "own", "merged"),
    [
        ("services: {a: {image: x}}", "services: {a: {user: y}, b: }",
         {"services": {"a": {"image": "x", "user": "y"}, "b": None}}),
        ("services: {a: {image: x}}", "services: {a: }", {"services": {"a": {"image": "x"}}}),
        ("networks: {n: {labels: [a=b]}}", "networks: {n: {labels: {c: d}}}",
         {"networks": {"n": {"labels": {"a": "b", "c": "d"}}}}),
        ("volumes: {v: {labels: [a=b]}}", "volumes: {v: {labels: {c: d}}}",
         {"volumes": {"v": {"labels": {"a": "b", "c": "d"}}}}),
        ("networks: {n: {ipam: {config: [{subnet: a, gateway: g}, {subnet: b}]}}}",
         "networks: {n: {ipam: {config: [{subnet: a, ip_range: r}, {subnet: c}]}}}",
         {"networks": {"n": {"ipam": {"config": [
             {"subnet": "a", "gateway": "g", "ip_range": "r"}, {"subnet": "c"}]}}}}),
        ("x-a: [1]", "x-a: [2]", {"x-a": [1, 2]}),
        ("name: a", "name: b", {"name": "b"}),
    ],
)  # fmt: skip
def test_a_file_is_laid_over_another(base: str, own: str, merged: object) -> None:
    findings = Findings("own")
    trees = [parse(text.encode(), file, findings) for text, file in ((base, "base"), (own, "own"))]
    assert trees[0] is not None
    assert trees[1] is not None

    assert plain(merge(trees[0], trees[1], findings)) == merged
    assert not findings.problems


def test_each_part_keeps_the_file_in_which_it_was_written() -> None:
    merged = over(
        read("build: {context: a}, ports: ['1'], environment: [A=1]", "base"),
        read("build: {target: t}, ports: ['2'], environment: [B=1]", "own"),
    )

    build, ports = mapping(merged.get("build")), merged.values["ports"]
    environment = mapping(merged.get("environment"))
    assert [build.values[key].mark.file for key in ("context", "target")] == ["base", "own"]
    assert isinstance(ports, ListNode)
    assert [item.mark.file for item in ports.items] == ["base", "own"]
    assert [environment.values[key].mark.file for key in "AB"] == ["base", "own"]

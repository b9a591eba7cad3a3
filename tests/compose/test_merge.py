import json

import pytest

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.merge import merge_service
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, mapping


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def read(text: str, file: str) -> MapNode:
    findings = Findings(file)
    tree = parse(f"s: {{{text}}}".encode(), file, findings)
    assert tree is not None, findings.problems
    return mapping(tree.get("s"))


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
        ("cap_add: [A, B]", "cap_add: [B, C]", {"cap_add": ["A", "B", "C"]}),
        ("expose: [1]", "expose: ['1', 2]", {"expose": [1, 2]}),
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
        ("extra_hosts: {a: '1'}", "extra_hosts: {a: '2'}", {"extra_hosts": {"a": "2"}}),
        ("deploy: {replicas: 1, resources: {limits: {cpus: '1'}}}",
         "deploy: {resources: {limits: {memory: 1m}}}",
         {"deploy": {"replicas": 1, "resources": {"limits": {"cpus": "1", "memory": "1m"}}}}),
        ("environment: 1", "environment: [A=1]", {"environment": ["A=1"]}),
        ("ports: {a: 1}", "ports: ['1']", {"ports": ["1"]}),
    ],
)  # fmt: skip
def test_a_service_is_laid_over_another(base: str, own: str, merged: object) -> None:
    assert plain(merge_service(read(base, "base"), read(own, "own"))) == merged


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

    merged = merge_service(base, read(f"{attribute}: ", "own"))

    assert plain(merged) == {attribute: ATTRIBUTES[attribute]}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_what_has_a_wrong_shape_replaces_and_is_left_to_the_schema(attribute: str) -> None:
    base = read(f"{attribute}: {json.dumps(ATTRIBUTES[attribute])}", "base")
    wrong = '"a"' if isinstance(ATTRIBUTES[attribute], dict) else "{x: {y: z}}"
    own = read(f"{attribute}: {wrong}", "own")

    merged = merge_service(own, base), merge_service(base, own)

    assert all(attribute in one.values for one in merged)


def test_each_part_keeps_the_file_in_which_it_was_written() -> None:
    merged = merge_service(
        read("build: {context: a}, ports: ['1'], environment: [A=1]", "base"),
        read("build: {target: t}, ports: ['2'], environment: [B=1]", "own"),
    )

    build, ports = mapping(merged.get("build")), merged.values["ports"]
    environment = mapping(merged.get("environment"))
    assert [build.values[key].mark.file for key in ("context", "target")] == ["base", "own"]
    assert isinstance(ports, ListNode)
    assert [item.mark.file for item in ports.items] == ["base", "own"]
    assert [environment.values[key].mark.file for key in "AB"] == ["base", "own"]

from typing import Any

import pytest

from sandbox.compose.canonical import unique
from sandbox.compose.node import plain
from tests.compose.canonical.trees import tree_of


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("ports: ['80:80', '81:81', '80:80']", ["80:80", "81:81"]),
        ("ports: [{target: 80}, {target: 80, protocol: tcp}]", [{"target": 80, "protocol": "tcp"}]),
        ("ports: [{target: 80, published: 1}, {target: 80, published: 2}]",
         [{"target": 80, "published": 1}, {"target": 80, "published": 2}]),
        ("volumes: ['/a:/x', '/b:/y', '/c:/x:ro']", ["/c:/x:ro", "/b:/y"]),
        ("volumes: ['/a:/x', {type: tmpfs, target: /x}]", [{"type": "tmpfs", "target": "/x"}]),
        ("environment: [A=1, B, A=2]", ["A=2", "B"]),
        ("expose: [80, '80', 81]", ["80", 81]),
        ("secrets: [s, {source: s, mode: 1}, {source: s, target: t}]",
         [{"source": "s", "mode": 1}, {"source": "s", "target": "t"}]),
        ("configs: [c, {source: c, target: /c}]", [{"source": "c", "target": "/c"}]),
        ("devices: ['/a:/x', '/b:/x']", ["/b:/x"]),
        ("env_file: [a, {path: a, required: false}]", [{"path": "a", "required": False}]),
        ("profiles: [a, a]", ["a"]),
        ("security_opt: [a, a]", ["a", "a"]),
        ("group_add: [a, a]", ["a", "a"]),
    ],
)  # fmt: skip
def test_of_entries_with_one_key_the_last_stays_at_the_place_of_the_first(
    attribute: str, expected: Any
) -> None:
    found: Any = plain(unique(tree_of(f"services: {{a: {{{attribute}}}}}")))

    assert list(found["services"]["a"].values()) == [expected]


def test_an_entry_without_a_key_is_like_no_other() -> None:
    tree = tree_of("services: {a: {ports: [{}, {}], volumes: [{}, {}], dns: [1, 1]}}")

    assert unique(tree) == tree

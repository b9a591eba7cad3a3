from typing import Any

import pytest

from sandbox.compose.canonical import canonical
from sandbox.compose.findings import Findings
from sandbox.compose.node import plain
from sandbox.compose.paths import from_top, joined, resolved
from tests.compose.canonical.trees import tree_of


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./a", "/app/a"),
        ("a/../b", "/app/b"),
        ("../a", "/a"),
        (".", "/app"),
        ("", ""),
        ("/a/../b", "/a/../b"),
        ("//a", "//a"),
        ("~", "/home/me"),
        ("~/x", "/home/me/x"),
        ("~x", "/home/me/x"),
    ],
)
def test_a_path_is_joined_with_its_folder(path: str, expected: str) -> None:
    assert joined(path, "/app", "/home/me") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./a", "//repository/environments/a"),
        ("../../a", "//a"),
        ("//repository/a", "//repository/a"),
        ("//repositoryx/a", "/repositoryx/a"),
        ("//etc", "/etc"),
        ("/etc", "/etc"),
        ("~/x", "//repository/environments/~/x"),
    ],
)
def test_a_path_in_a_tree_of_its_own_is_told_from_those_of_the_host(
    path: str, expected: str
) -> None:
    assert joined(path, "//repository/environments") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("services: {a: {build: ./x}}", "/app/x"),
        ("services: {a: {build: 'https://x/y'}}", "https://x/y"),
        ("services: {a: {build: {context: '', dockerfile: ../D}}}", "../D"),
        ("services: {a: {build: {additional_contexts: {x: ./x}}}}", "/app/x"),
        ("services: {a: {build: {additional_contexts: {x: 'service:x'}}}}", "service:x"),
        ("services: {a: {build: {ssh: [default, a=./x]}}}", "a=/app/x"),
        ("services: {a: {env_file: x.env}}", "/app/x.env"),
        ("services: {a: {label_file: x.env}}", "/app/x.env"),
        ("services: {a: {volumes: ['./x:/y']}}", "/app/x"),
        ("services: {a: {volumes: [{type: bind, source: '', target: /y}]}}", "/app"),
        ("services: {a: {volumes: ['data:/y']}}", "data"),
        ("services: {a: {volumes: ['C:\\x:/y']}}", "C:\\x"),
        ("services: {a: {develop: {watch: [{path: x, action: sync}]}}}", "/app/x"),
        ("secrets: {s: {file: ./x}}", "/app/x"),
        ("configs: {c: {file: ~/x}}", "/home/me/x"),
        ("volumes: {v: {driver: local, driver_opts: {o: bind, device: ./x}}}", "/app/x"),
        ("volumes: {v: {driver_opts: {o: bind, device: ./x}}}", "./x"),
        ("volumes: {v: {driver: local, driver_opts: {o: 'bind,ro', device: ./x}}}", "./x"),
    ],
)
def test_paths_are_resolved_where_there_are_some(text: str, expected: str) -> None:
    tree = canonical(tree_of(text), Findings("compose.yaml"))

    found = resolved(tree, "/app", "/home/me")

    assert expected in texts_of(plain(found))
    assert resolved(found, "/elsewhere", "/home/me") == found or expected.startswith(".")


def texts_of(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [text for one in value for text in texts_of(one)] if isinstance(value, list) else [value]


COMMITTED = """
services:
  a: {build: {context: //repository}}
  b:
    build: {context: //repository/demo/app}
    volumes:
      - {type: bind, source: //repository/a.conf, target: /a}
      - {type: bind, source: /srv/b, target: /b}
      - {type: volume, source: data, target: //repository/c}
"""


def test_paths_of_a_commit_are_written_from_its_top_and_those_of_the_host_stay() -> None:
    written = from_top(tree_of(COMMITTED))

    assert plain(written) == plain(
        tree_of(
            COMMITTED.replace("//repository}", ".}")
            .replace("//repository/demo", "./demo")
            .replace("//repository/a", "./a")
        )
    )

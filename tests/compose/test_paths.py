from typing import Any

import pytest

from sandbox.compose.canonical import canonical
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import Mark, plain
from sandbox.compose.paths import folder_of, joined, resolve_path, resolved
from tests.compose.canonical.trees import tree_of

MARK = Mark(file="environments/staging/compose.yaml", line=3, column=5)


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("./a", "environments/staging/a"),
        ("a/./b/", "environments/staging/a/b"),
        (".", "environments/staging"),
        ("../base/a", "environments/base/a"),
        ("../..", "."),
        ("..a", "environments/staging/..a"),
        ("", None),
        ("a\0b", None),
        ("/a", None),
        ("~/a", None),
        ("\\a", None),
        ("https://example.org/a", None),
        ("../../..", None),
        ("../../../a", None),
        ("a/../../../../b", None),
    ],
)
def test_a_path_stays_in_the_repository_or_is_a_problem(written: str, resolved: str | None) -> None:
    findings = Findings(MARK.file)

    found = resolve_path(written, folder_of(MARK), MARK, Place(findings=findings, path=("a",)))

    assert found == resolved
    assert len(findings.problems) == (resolved is None)


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

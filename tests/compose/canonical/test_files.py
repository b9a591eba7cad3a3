from typing import Any

import pytest

from sandbox.compose.canonical import canonical
from sandbox.compose.findings import Findings
from sandbox.compose.node import plain
from tests.compose.canonical.trees import canonical_service, faults, tree_of


@pytest.mark.parametrize("key", ["secrets", "configs"])
def test_the_name_of_a_resource_is_its_source(key: str) -> None:
    found = canonical_service(f"{key}: [s, {{source: t, target: /x}}]")[key]

    assert found == [{"source": "s"}, {"source": "t", "target": "/x"}]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.env", [{"path": "a.env", "required": True}]),
        ("[a.env, {path: b.env}]",
         [{"path": "a.env", "required": True}, {"path": "b.env", "required": True}]),
        ("[{path: a, required: false, format: raw}]",
         [{"path": "a", "required": False, "format": "raw"}]),
        ("[]", []),
    ],
)  # fmt: skip
def test_env_files_become_mappings(written: str, expected: Any) -> None:
    assert canonical_service(f"env_file: {written}")["env_file"] == expected


def test_an_env_file_without_a_path_is_told() -> None:
    assert faults("env_file: [{required: true}]") == [
        "services.a.env_file[0]: the key `path` is missing"
    ]
    assert faults("env_file: {path: a}") == [
        "services.a.env_file: must be a path, or a list of paths and mappings"
    ]


def resource(written: str) -> tuple[Any, Findings]:
    findings = Findings("compose.yaml")
    found: Any = plain(canonical(tree_of(f"volumes: {{v: {written}}}"), findings))
    return found["volumes"]["v"], findings


def test_the_old_form_of_external_becomes_the_new_one_with_a_warning() -> None:
    found, findings = resource("{external: {name: x}}")

    assert found == {"external": True, "name": "x"}
    assert "`external.name` is old" in findings.warnings[0]


def test_two_names_of_an_external_resource_must_be_the_same() -> None:
    _, findings = resource("{name: y, external: {name: x}}")

    assert [one.message for one in findings.problems] == ["`name` and `external.name` differ"]
    assert resource("{name: x, external: {name: x}}")[0] == {"external": True, "name": "x"}

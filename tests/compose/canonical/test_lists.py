from typing import Any

import pytest

from tests.compose.canonical.trees import canonical_service, faults


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("environment: [A=1, B, 'C=', 'D=x=y', A=2]",
         {"A": "2", "B": None, "C": "", "D": "x=y"}),
        ("environment: {A: 1.50, B: true, C: null, D: 0x10}",
         {"A": "1.5", "B": "true", "C": None, "D": "16"}),
        ("labels: [a.b=c, d]", {"a.b": "c", "d": None}),
        ("sysctls: {net.core.somaxconn: 1024}", {"net.core.somaxconn": "1024"}),
        ("annotations: [a=1]", {"a": "1"}),
        ("dns: 1.1.1.1", ["1.1.1.1"]),
        ("dns: ['', 1.1.1.1]", ["1.1.1.1"]),
        ("dns_search: ''", [""]),
        ("tmpfs: /run", ["/run"]),
        ("label_file: a.env", ["a.env"]),
        ("networks: [n, m]", {"n": None, "m": None}),
        ("networks: {n: {aliases: [x]}}", {"n": {"aliases": ["x"]}}),
        ("models: [m]", {"m": None}),
    ],
)  # fmt: skip
def test_short_forms_become_lists_and_mappings(attribute: str, expected: Any) -> None:
    (found,) = canonical_service(attribute).values()

    assert found == expected


@pytest.mark.parametrize("attribute", ["environment: [1]", "networks: [{a: b}]", "labels: [null]"])
def test_what_has_the_wrong_shape_stays_for_the_schema(attribute: str) -> None:
    (found,) = canonical_service(attribute).values()

    assert isinstance(found, list)


@pytest.mark.parametrize(
    ("attribute", "fault"),
    [
        ("environment: ['A =1']", "environment[0]: the name of the variable 'A ' ends in a blank"),
        ("build: {args: [B, 'A =1']}",
         "build.args[1]: the name of the variable 'A ' ends in a blank"),
        ("build: {additional_contexts: [a]}",
         "build.additional_contexts[0]: 'a' must be NAME=value"),
        ("build: {additional_contexts: {a: 1}}",
         "build.additional_contexts.a: must be a string; write it in quotes"),
    ],
)  # fmt: skip
def test_pairs_that_cannot_be_read_are_told(attribute: str, fault: str) -> None:
    assert faults(attribute) == [f"services.a.{fault}"]

from typing import Any

import pytest

from tests.compose.canonical.trees import canonical_service, faults


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("build: ./x", {"context": "./x"}),
        ("build: {context: ., args: [A=1, B]}",
         {"context": ".", "args": {"A": "1", "B": None}}),
        ("build: {ssh: {default: , a: ./x}}", {"ssh": ["default", "a=./x"]}),
        ("build: {ssh: [default]}", {"ssh": ["default"]}),
        ("build: {secrets: [s]}", {"secrets": [{"source": "s"}]}),
        ("depends_on: [b]", {"b": {"condition": "service_started", "required": True}}),
        ("depends_on: {b: {condition: service_healthy, restart: true}}",
         {"b": {"condition": "service_healthy", "restart": True, "required": True}}),
        ("gpus: all", [{"count": -1}]),
        ("gpus: [{driver: nvidia}]", [{"driver": "nvidia"}]),
    ],
)  # fmt: skip
def test_short_forms_become_long_ones(attribute: str, expected: Any) -> None:
    (found,) = canonical_service(attribute).values()

    assert found == expected


def test_an_agent_needs_its_socket() -> None:
    assert faults("build: {ssh: [default, a]}") == [
        "services.a.build.ssh[1]: 'a' must be `default` or id=path"
    ]

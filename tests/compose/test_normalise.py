from typing import Any

import pytest

from tests.compose.steps import printed, service

STARTED = {"condition": "service_started", "required": True}
RESTARTED = {**STARTED, "restart": True}


def test_a_service_without_networks_is_on_the_default_one() -> None:
    found = printed("services: {a: {image: i}, b: {image: i, networks: {}}}")

    assert found["services"]["a"]["networks"] == {"default": None}
    assert found["services"]["b"]["networks"] == {"default": None}
    assert found["networks"] == {"default": {"name": "shop_default", "ipam": {}}}


@pytest.mark.parametrize(
    "attribute", ["network_mode: host", "provider: {type: x}", "network_mode: ''", "networks: [n]"]
)
def test_other_services_are_not_and_then_there_is_none(attribute: str) -> None:
    found = printed(f"services: {{a: {{image: i, {attribute}}}}}")

    assert "default" not in found["services"]["a"].get("networks", {})
    assert "networks" not in found


def test_resources_are_named_after_the_project_and_external_ones_are_not() -> None:
    found = printed(
        "services: {a: {image: i}}\n"
        "volumes: {v: , w: {name: x}, e: {external: true}}\n"
        "networks: {default: {name: ''}}\n"
        "secrets: {s: {file: ./s}}\n"
        "configs: {c: {content: x}}\n"
    )

    assert {key: one["name"] for key, one in found["volumes"].items()} == {
        "v": "shop_v",
        "w": "x",
        "e": "e",
    }
    assert found["networks"]["default"]["name"] == ""
    assert found["secrets"]["s"] == {"file": "/app/s", "name": "shop_s"}
    assert found["configs"]["c"]["name"] == "shop_c"


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("links: [b, 'c:alias']", {"b": RESTARTED, "c": RESTARTED}),
        ("links: ['b:c:d']", {"b:c:d": RESTARTED}),
        ("network_mode: 'service:b'", {"b": RESTARTED}),
        ("ipc: 'service:b'", {"b": RESTARTED}),
        ("pid: 'service:b'", {"b": RESTARTED}),
        ("uts: 'service:b'", {"b": RESTARTED}),
        ("volumes_from: [b, 'c:ro', 'container:x']", {"b": STARTED, "c": STARTED}),
        ("depends_on: {b: {condition: service_healthy}}, links: [b]",
         {"b": {"condition": "service_healthy", "required": True}}),
    ],
)  # fmt: skip
def test_a_service_waits_for_what_it_shares(attribute: str, expected: dict[str, Any]) -> None:
    assert service(attribute)["depends_on"] == expected


def test_nothing_is_waited_for_where_nothing_is_shared() -> None:
    assert "depends_on" not in service("image: i, pid: host, depends_on: []")


@pytest.mark.parametrize(
    ("attribute", "key", "expected"),
    [
        ("pull_policy: if_not_present", "pull_policy", "missing"),
        ("build: {dockerfile: ''}", "build", {"context": "/app", "dockerfile": ""}),
        ("build: {dockerfile_inline: FROM x}", "build",
         {"context": "/app", "dockerfile_inline": "FROM x"}),
        ("build: {context: ., args: [A, B=1]}", "build",
         {"context": "/app", "args": {"B": "1"}, "dockerfile": "Dockerfile"}),
        ("scale: 2, deploy: {labels: {a: b}}", "deploy",
         {"labels": {"a": "b"}, "replicas": 2, "placement": {}, "resources": {}}),
        ("image: i", "command", None),
        ("develop: {watch: [{path: x, action: rebuild}]}", "develop",
         {"watch": [{"path": "/app/x", "action": "rebuild", "exec": {"command": None}}]}),
    ],
)  # fmt: skip
def test_what_follows_is_filled_in(attribute: str, key: str, expected: Any) -> None:
    assert service(attribute)[key] == expected

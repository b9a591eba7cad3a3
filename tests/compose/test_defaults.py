from typing import Any

import pytest

from tests.compose.steps import service


@pytest.mark.parametrize(
    ("attribute", "key", "expected"),
    [
        ("ports: [{target: 80}]", "ports",
         [{"target": 80, "mode": "ingress", "protocol": "tcp"}]),
        ("ports: [{target: 80, mode: host, protocol: udp}]", "ports",
         [{"target": 80, "mode": "host", "protocol": "udp"}]),
        ("secrets: [s, {source: t, target: x}]", "secrets",
         [{"source": "s", "target": "/run/secrets/s"}, {"source": "t", "target": "x"}]),
        ("configs: [c]", "configs", [{"source": "c"}]),
        ("gpus: [{driver: x}, {count: 2}, {device_ids: [a]}]", "gpus",
         [{"driver": "x", "count": -1}, {"count": 2}, {"device_ids": ["a"]}]),
        ("build: {}", "build", {"context": "/app", "dockerfile": "Dockerfile"}),
    ],
)  # fmt: skip
def test_what_is_not_written_is_filled_in(attribute: str, key: str, expected: Any) -> None:
    assert service(attribute)[key] == expected

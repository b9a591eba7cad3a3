"""A service that becomes unhealthy after its sync is told, shown and restarted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.fakes.engine_state import BASE_IMAGE
from tests.playground import (
    INSTANCE_LABEL,
    SERVICE_LABEL,
    Playground,
    engine,
    playground,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

DEADLINE_S = 4
TEXT = f"""\
x-sandbox: {{rollout: {{deadline: {DEADLINE_S}s}}, health: {{restart_after: 2s}}}}
services:
  web:
    image: {BASE_IMAGE}
    command: [sleep, infinity]
    stop_signal: SIGKILL
    healthcheck: {{test: [CMD, test, "!", -e, /dev/shm/ill], interval: 500ms, retries: 2}}
"""


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for place in playground(tmp_path_factory.mktemp("ill") / "play"):
        place.commit_environment(TEXT)
        place.sandbox("up", "staging")
        yield place


def verdicts(ground: Playground) -> list[str]:
    document = ground.sandbox("history", "staging", "--output", "json").json
    return [each["verdict"] for each in document["history"] if each["what"] == "health"]


def test_it_is_told_shown_and_restarted(ground: Playground) -> None:
    until(lambda: ground.status()["services"][0]["since"], "the first look")
    time.sleep(DEADLINE_S + 1)  # before that it would be slow, and not unhealthy
    ours = [f"{INSTANCE_LABEL}={ground.instance}", f"{SERVICE_LABEL}=web"]
    with engine() as client:
        (container,) = client.containers(filters={"label": ours})
        before = client.inspect_container(container["Id"])["State"]["StartedAt"]
        made = client.exec_create(container["Id"], ["touch", "/dev/shm/ill"])
        client.exec_start(made["Id"])
        until(lambda: verdicts(ground) == ["unhealthy"], "told")
        until(lambda: verdicts(ground)[:1] == ["healthy"], "restarted")
        assert client.inspect_container(container["Id"])["State"]["StartedAt"] > before
    reasons = [
        each.split(": ")[-1]
        for each in ground.sandbox("why", "staging", "web").stdout.splitlines()
        if "started" in each
    ]
    assert any("unhealthy for" in each for each in reasons), reasons

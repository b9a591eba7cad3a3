"""
A suspension says whose it is, why and how long, and ends by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.bootstrap import open_workspace
from sandbox.model.event import EventKind
from tests.playground import Playground, engine, playground, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120)]

WITHIN_S = 40.0
FILE = """\
name: play-staging
x-sandbox: {}
services: {web: {image: "debian:trixie-slim", command: [sleep, 1d], stop_signal: SIGKILL}}
"""


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for made in playground(tmp_path_factory.mktemp("suspension")):
        made.environ["SANDBOX_EDGE_PORT"] = "off"
        yield made


def test_a_suspension_tells_who_why_and_how_long_and_ends_by_itself(ground: Playground) -> None:
    ground.commit_environment(FILE)
    ground.start_controller("staging")
    ground.wait_healthy()
    old = ground.container("web")["Id"]
    ground.sandbox("suspend", "staging", "--reason", "a look at it", "--for", "6s")
    with engine() as client:
        client.kill(old)
    shown = ground.sandbox("status", "staging", status=None).stdout
    assert ground.container("web")["State"]["Running"] is False

    until(lambda: ground.status()["health"] == "healthy", "what was killed to be healed")

    assert "a look at it, for another" in shown
    assert ", by " in shown
    with open_workspace(str(ground.folder)) as workspace:
        told = [event for _, event in workspace.journal.events()]
    begun, ended = (
        event for event in told if event.kind in {EventKind.SUSPENDED, EventKind.RESUMED}
    )
    assert begun.message.startswith("a look at it, for 6 s, by ")
    assert ended.message == "reconciled again: the time of its suspension is over"
    assert 6.0 <= ended.at - begun.at < 6.0 + WITHIN_S
    assert ground.sandbox("resume", "staging").stdout == "staging was not suspended.\n"

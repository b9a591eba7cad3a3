"""
What is held back is the verdict of every command, at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.playground import Playground, playground

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

SLEEP = '{image: "debian:trixie-slim", command: [sleep, 1d], init: true, stop_grace_period: 0s}'
AT_ONCE_S = 60.0
"""Far below the 300 s that `sync --wait` may take."""


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    yield from playground(tmp_path_factory.mktemp("verdict") / "play")


def test_an_orphan_that_stays_ends_a_wait_with_the_reason(ground: Playground) -> None:
    ground.commit_environment(f"x-sandbox: {{}}\nservices: {{a: {SLEEP}, b: {SLEEP}}}\n")
    ground.sandbox("sync", "staging", "--wait")
    ground.commit_environment(f"x-sandbox: {{sync: {{prune: false}}}}\nservices: {{a: {SLEEP}}}\n")
    began = time.monotonic()

    waited = ground.sandbox("sync", "staging", "--wait", status=4)

    seconds = time.monotonic() - began
    print(f"exit 4 after {seconds:.1f} s")
    assert seconds < AT_ONCE_S
    assert "held back: " in waited.stdout
    assert "b-1" in waited.stderr
    ground.sandbox("wait", "staging", status=4)

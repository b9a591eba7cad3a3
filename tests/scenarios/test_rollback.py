"""
Back to the last good release, under load: nobody notices, and it sticks.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.delivery_ground import DeliveryGround, delivery_ground
from tests.load.running import running
from tests.playground import engine
from tests.rollouts.small_app import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]

WITHIN_S = 30.0
"""Three times what is promised of a machine that has nothing else to do."""
CYCLES = 10


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeliveryGround]:
    yield from delivery_ground(tmp_path_factory.mktemp("rollback") / "shop")


def images_of(ground: DeliveryGround) -> set[str]:
    """Ids of all images that this ground's services were ever built as."""
    with engine() as client:
        return {
            image["Id"]
            for image in client.images()
            for tag in image["RepoTags"] or ()
            if tag.startswith("small/")
        } | {item["Image"] for item in ground.containers()}


def promoted(ground: DeliveryGround, text: str) -> str:
    """Commit a release, and have it go through staging to production."""
    release = ground.release(text)
    ground.wait_healthy("staging", revision=release)
    ground.sandbox("promote", "production", "--wait")
    return release


def test_a_rollback_under_load_is_quick_loses_no_request_and_sticks(
    ground: DeliveryGround, tmp_path: Path
) -> None:
    first = ground.begin()
    controller = ground.start_controller()
    for environment in ground.ports:
        ground.wait_healthy(environment)
    old = ground.image("production")
    bad = promoted(ground, "# a worse one")
    assert ground.image("production") != old
    images = images_of(ground)

    with running(tmp_path / "log", requests(ground.url("production"))) as load:
        load.announce(bad)
        load.settle(bad)
        load.announce(first)
        began = time.monotonic()
        told = ground.sandbox("rollback", "production", "--wait")
        took_s = time.monotonic() - began
        load.settle(first)
        assert ground.image("production") == old
        assert images_of(ground) == images

        for cycle in range(CYCLES):
            commit = ground.commit({"README.md": f"{cycle}\n"}, "Write")
            ground.wait_healthy("production", revision=commit)
        ground.end_controller(controller)
        load.await_more()
        ground.start_controller()
        newer = ground.release("# a newer one, for staging")
        ground.wait_healthy("staging", revision=newer)
        ground.wait_healthy("production", revision=newer)
        load.await_more()
        summary = load.summary()

    # What the command itself takes longer, at its end, is only to have seen that all is well.
    gone_s = max(answer.ended for answer in load.answers() if answer.generation == bad) - began
    print(f"rolled back in {gone_s:.1f} s, told after {took_s:.1f} s; {summary.text()}")
    assert gone_s < WITHIN_S
    assert f"roll production back to {first[:7]}" in told.stdout
    assert "build image" not in told.stdout
    assert summary.failures == {}, summary.text()
    assert summary.wrong == 0, summary.text()
    assert set(summary.by_generation) == {bad, first}
    assert ground.image("production") == old
    assert ground.image("staging") != old


def test_a_rollback_says_what_stays_and_stops_where_there_is_no_way_back(
    ground: DeliveryGround,
) -> None:
    ground.begin()
    path = "environments/production/compose.yaml"
    text = (ground.folder / path).read_text()
    declared = text.replace('"web": {', '"web": {"x-sandbox": {"migrations": "sql"},')
    # A folder that is nowhere is refused; what the pinned release does not have stays applied.
    ground.commit({path: declared, "app/sql/0.sql": ""}, "Declare the migrations")
    for environment in ground.ports:
        ground.sandbox("sync", environment, "--wait")
    ground.commit({"app/sql/1.sql": "-- irreversible\n"}, "Drop the teas")
    ground.sandbox("sync", "staging", "--wait")
    ground.sandbox("promote", "production", "--wait")
    head = ground.git("rev-parse", "main")

    held = ground.sandbox("rollback", "production", status=4)

    assert "app/sql/1.sql stays applied in production" in held.stderr
    assert ground.git("rev-parse", "main") == head
    forced = ground.sandbox("rollback", "production", "--force", "--reason", "empty anyway")
    assert "stay applied: app/sql/1.sql and cannot be reversed" in forced.stdout
    assert "Stays applied: app/sql/1.sql" in ground.git("log", "-1", "--format=%B")

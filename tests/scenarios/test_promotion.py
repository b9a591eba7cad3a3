"""
A release goes from staging to production by commits, and nothing but what was tested goes there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.delivery_ground import PINNED, SOURCE, DeliveryGround, delivery_ground
from tests.playground import engine, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeliveryGround]:
    """Both environments, up and looked after."""
    for made in delivery_ground(tmp_path_factory.mktemp("promotion") / "shop"):
        made.begin()
        made.start_controller()
        for environment in made.ports:
            made.wait_healthy(environment)
        yield made


def test_a_promotion_moves_exactly_the_image_that_was_tested(ground: DeliveryGround) -> None:
    release = ground.release("# one")
    ground.wait_healthy("staging", revision=release)
    tested, before = ground.image("staging"), ground.image("production")
    assert tested != before

    told = ground.sandbox("promote", "production", "--wait", "--output", "json").json

    assert (told["release"], told["allowed"], told["objections"]) == (release, True, [])
    assert told["commit"] == ground.git("rev-parse", "main")
    assert [sync["outcome"] for sync in told["syncs"]] == ["succeeded"]
    assert ground.image("production") == tested
    assert ground.image("staging") == tested
    status = ground.status("production")
    assert (status["revision"], status["health"]) == (told["commit"], "healthy")


def test_a_second_promotion_of_the_same_release_touches_nothing(ground: DeliveryGround) -> None:
    release = ground.release("# two")
    ground.wait_healthy("staging", revision=release)
    ground.sandbox("promote", "production", "--wait")
    head = ground.git("rev-parse", "main")
    containers = [item["Id"] for item in ground.containers()]

    again = ground.sandbox("promote", "production", "--wait")

    assert "already; nothing was committed" in again.stdout
    assert ground.git("rev-parse", "main") == head
    assert [item["Id"] for item in ground.containers()] == containers


def test_a_dry_run_says_what_would_be_done_and_does_nothing(ground: DeliveryGround) -> None:
    before = ground.status("production")["release"]
    release = ground.release("# three")
    ground.wait_healthy("staging", revision=release)
    ground.wait_healthy("production", revision=release)

    status = ground.status("production")
    assert status["running_releases"] == [before] == [status["release"]]
    assert status["pin"].items() >= {"release": before, "newest": release, "behind": 1}.items()
    assert status["next"] == "sandbox promote production"
    shown = ground.sandbox("status", "production").stdout
    assert f"1 commit behind staging ({release[:7]}  Add # three)" in shown
    assert "Add # three" not in shown.partition("pinned")[0]

    told = ground.sandbox("promote", "production", "--dry-run")

    assert f"promote {release[:7]} of staging to production" in told.stdout
    assert "start web-1" in told.stdout
    assert ground.git("rev-parse", "main") == release


def test_a_proposal_for_review_changes_production_when_it_is_merged(
    ground: DeliveryGround,
) -> None:
    release = ground.release("# four")
    ground.wait_healthy("staging", revision=release)

    told = ground.sandbox("promote", "production", "--pr-branch", "review/four").stdout

    assert "when commit" in told
    assert ground.git("rev-parse", "main", "review/four^").splitlines() == [release, release]
    ground.git("merge", "--quiet", "--ff-only", "review/four")
    ground.wait_healthy("production", revision=ground.git("rev-parse", "review/four"))
    assert ground.image("production") == ground.image("staging")


def test_what_drifted_or_is_suspended_is_held_with_every_reason(ground: DeliveryGround) -> None:
    release = ground.release("# five")
    ground.wait_healthy("staging", revision=release)
    ground.sandbox("suspend", "staging", "--reason", "hands off")
    ground.sandbox("suspend", "production", "--reason", "a fair", "--for", "1h")
    with engine() as client:
        client.kill(ground.container("web", "staging")["Id"])

    told = ground.sandbox("promote", "production", "--output", "json", status=4).json
    text = ground.sandbox("promote", "production", status=4).stderr

    assert [each["kind"] for each in told["objections"]] == [
        "source_drifted",
        "source_not_healthy",
        "target_suspended",
    ]
    assert told["commit"] is None
    assert all(each["message"] in text and each["remedy"] in text for each in told["objections"])
    assert "a fair" in text
    assert ground.git("rev-parse", "main") == release
    for environment in ground.ports:
        ground.sandbox("resume", environment)
    ground.wait_healthy("staging")


def test_a_release_that_staging_gave_up_needs_force_and_production_survives_it(
    ground: DeliveryGround,
) -> None:
    good = ground.image("production")
    bad = ground.commit({SOURCE: "raise SystemExit('no tea')\n"}, "Break it")
    until(lambda: ground.taken_back(bad), "staging to give it up")

    held = ground.sandbox("promote", "production", status=4)
    assert f"staging has {bad[:7]} in quarantine" in held.stderr
    assert ground.git("rev-parse", "main") == bad
    forced = ground.sandbox(
        "promote", "production", "--force", "--reason", "we want to see it", "--wait", status=4
    )

    assert "no tea" in forced.stderr
    until(
        lambda: ground.taken_back(ground.git("rev-parse", "main"), "production"),
        "production to go back",
    )
    assert "Forced: we want to see it" in ground.git("log", "-1", "--format=%B")
    overridden = f"Overridden: staging has {bad[:7]} in quarantine"
    assert overridden in ground.git("log", "-1", "--format=%B")
    assert ground.image("production") == good
    ground.sandbox("unpin", "production")
    assert ground.git("show", f"main:{PINNED}") == "RELEASE="


def test_without_a_controller_wait_syncs_by_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for alone in delivery_ground(tmp_path_factory.mktemp("alone") / "shop"):
        alone.begin()
        release = alone.release("# alone")
        alone.sandbox("sync", "staging", "--wait")

        told = alone.sandbox("promote", "production", "--wait")

        assert f"release {release[:7]} of staging" in told.stdout
        assert alone.image("production") == alone.image("staging")
        events = alone.sandbox("history", "production", "--output", "json").json["history"]
        assert [json.dumps(each["outcome"]) for each in events][:1] == ['"succeeded"']

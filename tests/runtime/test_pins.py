"""What is pinned says which release it is and how far that is behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.model.pin import Pin
from sandbox.model.status import EnvironmentStatus
from sandbox.runtime.control import LocalControl
from tests.promotion_ground import (
    PINNED,
    PRODUCTION,
    PromotionGround,
    pinned,
    production,
    promotion_ground,
)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[PromotionGround]:
    for made in promotion_ground(tmp_path / "shop"):
        made.begin()
        yield made


def status(ground: PromotionGround, environment: str = "production") -> EnvironmentStatus:
    (found,) = LocalControl(ground.workspace).status((environment,))
    return found


def pin(ground: PromotionGround) -> Pin:
    found = status(ground).pin
    assert found is not None
    return found


def test_commits_that_change_the_source_are_counted_and_no_others(ground: PromotionGround) -> None:
    assert (pin(ground).behind, pin(ground).newest) == (0, ground.first)
    ground.disk.commit("Write about it", **{"README.md": "x"})
    assert pin(ground).behind == 0

    ground.release("two")
    newest = ground.release("three")
    ground.sync("production")

    found = status(ground)
    assert found.pin == Pin(
        release=ground.first,
        subject="Begin",
        source="staging",
        promoted=True,
        newest=newest,
        newest_subject="Say three",
        behind=2,
        proven=True,
    )
    assert found.running_releases == (ground.first,)
    assert found.next_step == "sandbox promote production"


def test_promoted_it_is_not_behind_any_more(ground: PromotionGround) -> None:
    release = ground.release("two")
    ground.promote()

    found = status(ground)
    assert found.pin is not None
    assert (found.pin.release, found.pin.behind, found.next_step) == (release, 0, "")
    assert status(ground, "staging").pin is None


def test_a_release_that_its_source_has_not_brought_up_is_not_offered(
    ground: PromotionGround,
) -> None:
    ground.disk.commit("Say two", **{"app/page": "two"})
    ground.sync("production")

    found = status(ground)
    assert found.pin is not None
    assert (found.pin.behind, found.pin.proven, found.next_step) == (1, False, "")


def test_a_pin_to_another_commit_than_one_of_the_source_is_counted_too(
    ground: PromotionGround,
) -> None:
    between = ground.disk.commit("Write about it", **{"README.md": "x"})
    ground.release("two")
    ground.disk.commit("Pin", **{PINNED: pinned(between)})
    assert pin(ground).behind == 1

    after = ground.disk.commit("Write more", **{"README.md": "y"})
    ground.disk.commit("Pin", **{PINNED: pinned(after)})
    assert pin(ground).behind == 0
    assert pin(ground).release != pin(ground).newest


def test_without_an_environment_to_promote_from_its_branch_counts(ground: PromotionGround) -> None:
    text = production().replace(", promote_from: staging", "")
    ground.disk.commit("Promote from nowhere", **{PRODUCTION: text})
    ground.release("two")
    ground.sync("production")

    found = status(ground)
    assert found.pin is not None
    assert (found.pin.source, found.pin.promoted, found.pin.behind) == ("main", False, 1)
    assert found.next_step == ""


def test_a_source_that_cannot_be_read_leaves_open_how_far_it_is_behind(
    ground: PromotionGround,
) -> None:
    ground.disk.commit("Promote from nobody", **{PRODUCTION: production("nobody")})

    found = pin(ground)
    assert (found.release, found.source, found.newest, found.behind) == (
        ground.first,
        "nobody",
        "",
        None,
    )

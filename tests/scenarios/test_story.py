"""
The demo's story, seen from outside: what visitors get, what Git holds, what the engine runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sandbox.planning.routes import INGRESS
from tests.playground import engine, until
from tests.shop_ground import ENVIRONMENTS, PINNED, THEME, ShopGround, shop_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

BUILT_OF_APP = ("web", "worker", "migrate")
FIRST_HEADLINE = "Small things for slow mornings"
SERVICES = {*BUILT_OF_APP, "db", "cache"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopGround]:
    """
    Both environments, up and looked after in the background.
    """
    for ground in shop_ground(tmp_path_factory.mktemp("story") / "shop"):
        ground.sandbox("up", seconds=500.0)
        yield ground


@pytest.fixture(scope="module", autouse=True)
def first_images(shop: ShopGround) -> dict[str, str]:
    """
    What production ran before any test changed something.
    """
    return images(shop, "production")


def images(shop: ShopGround, environment: str) -> dict[str, str]:
    return {service: shop.image(service, environment) for service in SERVICES}


def test_init_makes_the_files_and_then_pins_production_to_them(shop: ShopGround) -> None:
    first, second, _ports = shop.git("rev-list", "--reverse", "HEAD").splitlines()[:3]
    assert shop.git("show", "--format=", "--numstat", second) == f"1\t1\t{PINNED}"
    assert f"RELEASE={first}\n" in shop.git("show", f"{second}:{PINNED}")
    assert shop.git("show", f"{first}:.gitignore")


def test_both_environments_answer_side_by_side_and_name_themselves(shop: ShopGround) -> None:
    for name in ENVIRONMENTS:
        shop.until_ready(name)
        assert shop.answer(name, "/version")["environment"] == name
        assert shop.running(name).keys() == {*SERVICES, INGRESS}
    assert images(shop, "staging").keys() == images(shop, "production").keys()


def test_a_commit_changes_staging_alone_and_there_only_what_was_built_from_it(
    shop: ShopGround,
) -> None:
    staging, production = shop.running("staging"), shop.running("production")
    page = shop.page("production")
    headline = shop.headline()

    revision = shop.serve_headline(headline)

    assert headline in shop.page("staging")
    assert shop.answer("staging", "/version")["release"] == revision
    replaced = {name for name, id_ in shop.running("staging").items() if id_ != staging[name]}
    assert replaced == set(BUILT_OF_APP)
    assert shop.page("production") == page
    assert shop.running("production") == production


def test_a_promotion_is_one_line_of_one_commit_and_production_runs_the_image_of_staging(
    shop: ShopGround,
) -> None:
    headline = shop.headline()
    release = shop.serve_headline(headline)
    production = shop.running("production")
    assert headline not in shop.page("production")

    told = shop.sandbox("promote", "production", "--output", "json").json

    head = shop.git("rev-parse", "HEAD")
    assert (told["commit"], told["release"]) == (head, release)
    assert shop.git("rev-parse", "HEAD^") == release
    assert shop.git("show", "--format=", "--numstat", "HEAD") == f"1\t1\t{PINNED}"
    assert f"RELEASE={release}\n" in shop.read(PINNED)
    assert shop.git("status", "--porcelain") == ""
    shop.wait_healthy("production", revision=head)
    assert headline in shop.page("production")
    assert images(shop, "production") == images(shop, "staging")
    after = shop.running("production")
    assert {name for name in after if after[name] != production[name]} == set(BUILT_OF_APP)


def test_a_promotion_of_what_runs_there_already_commits_nothing(shop: ShopGround) -> None:
    shop.sandbox("promote", "production")
    head = shop.git("rev-parse", "HEAD")

    told = shop.sandbox("promote", "production")

    assert "already; nothing was committed" in told.stdout
    assert shop.git("rev-parse", "HEAD") == head


def test_a_killed_container_is_healed_and_nothing_beside_it_is_touched(shop: ShopGround) -> None:
    before = {item["Id"]: item["State"]["StartedAt"] for item in shop.containers()}
    victim = shop.container("web", "staging")
    others = {key: began for key, began in before.items() if key != victim["Id"]}

    with engine() as client:
        client.kill(victim["Id"])

    def healed() -> bool:
        (found,) = shop.containers("web", "staging") or [victim]
        return bool(
            found["State"]["Running"] and found["State"]["StartedAt"] != before[victim["Id"]]
        )

    until(healed, "web to run again")
    shop.until_ready("staging")
    shop.wait_healthy("staging")
    after = {item["Id"]: item["State"]["StartedAt"] for item in shop.containers()}
    assert {key: after[key] for key in others} == others


def test_a_pin_back_to_the_first_release_runs_its_image_and_builds_nothing(
    shop: ShopGround, first_images: dict[str, str]
) -> None:
    shop.serve_headline(shop.headline())
    shop.sandbox("promote", "production")
    shop.wait_healthy("production", revision=shop.git("rev-parse", "HEAD"))
    assert images(shop, "production") != first_images

    shop.sandbox("suspend", "production", "--reason", "to read the plan first")
    shop.sandbox("pin", "production", shop.git("rev-list", "--max-parents=0", "HEAD"))
    plan = shop.sandbox("plan", "production", "--output", "json").json
    shop.sandbox("resume", "production")
    shop.wait_healthy("production", revision=shop.git("rev-parse", "HEAD"))

    actions = {step["action"] for step in plan["steps"]}
    assert actions
    assert not [action for action in actions if re.search("build|pull", action)]
    assert images(shop, "production") == first_images
    assert FIRST_HEADLINE in shop.page("production")


def test_edits_that_nobody_committed_change_nothing_and_status_says_so(shop: ShopGround) -> None:
    before = shop.running("staging")
    page = shop.page("staging")
    shop.write_headline("Nobody committed this")
    try:
        document = shop.status()
        told = shop.sandbox("status", "staging").stdout
        synced = shop.sandbox("sync", "staging", "--wait").stdout
    finally:
        shop.git("checkout", "--quiet", "--", THEME)

    assert document["ignored_edits"] == [THEME]
    assert document["sync"] == "synced"
    assert "ignored" in told
    assert THEME in told
    assert "nothing to do" in synced
    assert shop.running("staging") == before
    assert shop.page("staging") == page

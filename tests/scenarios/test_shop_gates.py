"""
The shipped shop with its gates: what a commit has to pass in staging.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.playground import engine
from tests.shop_ground import THEME, ShopGround, shop_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

FAILING = "demo_shop/app/tests/unit/test_prices_of_tomorrow.py"
FULFILMENT = "demo_shop/app/shop/fulfilment.py"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopGround]:
    for ground in shop_ground(tmp_path_factory.mktemp("shop"), gates=True):
        begun = ground.git("rev-parse", "HEAD")
        ground.sandbox("sync", "staging", seconds=600.0)
        yield ground
        with engine() as client:
            for commit in ground.git("rev-list", f"{begun}..HEAD").split():
                built = client.images(filters={"label": f"dev.sandbox.release={commit}"})
                ground.made |= {image["Id"] for image in built}


def verdicts(shop: ShopGround) -> dict[str, str | None]:
    return {each["name"]: each["verdict"] for each in shop.status()["gates"]}


def refuses_to_promote(shop: ShopGround, gate: str) -> bool:
    """Ask for what staging was asked for; the refusal names the gate, and nothing is committed."""
    head = shop.git("rev-parse", "HEAD")
    held = shop.sandbox("promote", "production", status=4, seconds=120.0)
    assert shop.git("rev-parse", "HEAD") == head
    return f"gate {gate} failed in staging for {head[:7]}" in held.stderr


def test_a_release_that_works_passes_all_three(shop: ShopGround) -> None:
    assert verdicts(shop) == {"purchase": "passed", "smoke": "passed", "unit-tests": "passed"}
    assert shop.status()["sync"] == "synced"


def test_a_failing_unit_test_changes_nothing(shop: ShopGround) -> None:
    there = shop.running("staging")
    shop.commit({FAILING: "def test_tea_is_free() -> None:\n    assert not 4.20\n"}, "Free tea")

    ended = shop.sandbox("sync", "staging", status=4, seconds=300.0)

    told = ended.stderr.splitlines()
    assert any("gate unit-tests failed: it exited with 1" in line for line in told)
    # What was asserted stands in a line of its own, before the log.
    assertion = next(n for n, line in enumerate(told) if line.strip() == "E       assert not 4.2")
    assert assertion < next(n for n, line in enumerate(told) if line.startswith("  | "))
    assert "assert not 4.2" in shop.sandbox("logs", "staging", "unit-tests").stdout
    assert "test_tea_is_free" in shop.git("notes", "--ref=sandbox", "show", "HEAD")
    assert verdicts(shop) == {"purchase": None, "smoke": None, "unit-tests": "failed"}
    assert shop.running("staging") == there
    assert refuses_to_promote(shop, "unit-tests")
    shop.commit({FAILING: None}, "Charge for tea again")


@pytest.mark.long  # test_gates.py, with a gate that says no at once
def test_a_fault_that_only_a_purchase_shows_is_taken_back(shop: ShopGround) -> None:
    front = shop.page("staging")
    shop.write_headline("Nothing is ever shipped")
    broken = f"{shop.read(FULFILMENT)}\n\ndef advance(*_: object, **__: object) -> None: ...\n"
    shop.commit({FULFILMENT: broken, THEME: shop.read(THEME)}, "Break what follows an order")

    ended = shop.sandbox("sync", "staging", status=4, seconds=300.0)

    assert "gate purchase failed" in ended.stderr
    assert verdicts(shop)["purchase"] == "failed"
    assert shop.page("staging") == front
    assert refuses_to_promote(shop, "purchase")

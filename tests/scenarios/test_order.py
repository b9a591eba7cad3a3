"""
A real order through HTTP, and what it survives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sandbox.planning.routes import INGRESS
from tests.playground import until
from tests.shop_ground import BASE, ShopGround, shop_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]

STAGING = "staging"
SLUG, PIECES = "bud-vase", 2
IN_THE_CART = "speckled-mug"
FINAL = "shipped"
ADA = {"name": "Ada", "email": "ada@example.org", "address": "12 Square"}


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopGround]:
    """
    Staging, up and looked after in the background.
    """
    for ground in shop_ground(tmp_path_factory.mktemp("order") / "shop"):
        ground.sandbox("up", STAGING, seconds=500.0)
        yield ground


def form_field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def stock(visitor: httpx.Client) -> int:
    return int(visitor.get("/api/staff/stock").raise_for_status().json()[SLUG])


def cart(visitor: httpx.Client) -> dict[str, int]:
    document = visitor.get("/api/cart").raise_for_status().json()
    return {line["slug"]: line["quantity"] for line in document["lines"]}


def order(visitor: httpx.Client, number: str) -> dict[str, object]:
    """
    Everything that the shop knows of an order.
    """
    return dict(visitor.get(f"/api/orders/{number}").raise_for_status().json())


def buy(visitor: httpx.Client) -> str:
    """
    Search, look, put into the cart and check out as a browser does; give the order's number.
    """
    found = visitor.get("/", params={"q": "single flower"}).raise_for_status().text
    assert f"/products/{SLUG}" in found
    assert f"/products/{IN_THE_CART}" not in found
    assert "Bud vase" in visitor.get(f"/products/{SLUG}").raise_for_status().text
    added = visitor.post("/cart/add", data={"slug": SLUG, "quantity": str(PIECES)})
    assert "€62.00" in added.raise_for_status().text
    checkout = visitor.get("/checkout").raise_for_status().text
    hidden = {name: form_field(checkout, name) for name in ("key", "total_cents")}
    placed = visitor.post("/checkout", data={**hidden, **ADA}).raise_for_status()
    number = placed.url.path.rsplit("/", 1)[-1]
    assert number in placed.text
    return number


def replaced(shop: ShopGround) -> dict[str, str]:
    """
    Containers of staging by service, but for the ingress: no commit of these replaces it.
    """
    return {name: each for name, each in shop.running(STAGING).items() if name != INGRESS}


def replace_every_container(shop: ShopGround) -> None:
    """
    Commit a change of every service, and wait until all of it runs.
    """
    before = replaced(shop)
    base = re.sub(r"mem_limit: (\d+)m", lambda m: f"mem_limit: {int(m[1]) + 1}m", shop.read(BASE))
    revision = shop.commit({BASE: base}, "Give every service a little more memory")
    shop.wait_healthy(revision=revision)
    after = replaced(shop)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_an_order_takes_stock_is_fulfilled_and_outlives_every_container_but_not_its_volume(
    shop: ShopGround,
) -> None:
    with shop.visitor(STAGING) as visitor:
        there_were = stock(visitor)
        number = buy(visitor)
        assert stock(visitor) == there_were - PIECES
        assert cart(visitor) == {}
        until(lambda: order(visitor, number)["status"] == FINAL, "the worker to ship it")
        page = visitor.get(f"/orders/{number}").raise_for_status().text
        assert "On its way to you, Ada" in page
        assert 'http-equiv="refresh"' not in page
        bought = order(visitor, number)
        visitor.post("/cart/add", data={"slug": IN_THE_CART, "quantity": "3"}).raise_for_status()

        replace_every_container(shop)
        assert order(visitor, number) == bought
        assert stock(visitor) == there_were - PIECES
        assert cart(visitor) == {IN_THE_CART: 3}

        shop.sandbox("down", STAGING)
        assert shop.containers() == []
        shop.sandbox("up", STAGING)
        assert order(visitor, number) == bought
        assert stock(visitor) == there_were - PIECES
        assert cart(visitor) == {IN_THE_CART: 3}
        second = buy(visitor)
        assert second != number
        until(lambda: order(visitor, second)["status"] == FINAL, "the worker to ship the next")

        shop.sandbox("down", STAGING, "--volumes")
        assert shop.volumes() == []
        shop.sandbox("up", STAGING)
        assert visitor.get(f"/orders/{number}").status_code == 404
        assert stock(visitor) == there_were
        assert cart(visitor) == {}

import os
from html import unescape

import httpx
import pytest


def test_the_shop_is_ready_and_is_the_release_that_is_committed(visitor: httpx.Client) -> None:
    answer = visitor.get("/readyz").raise_for_status()

    assert answer.json()["status"] == "ready"
    assert answer.headers["X-Shop-Release"] == os.environ["SHOP_RELEASE"]


@pytest.mark.parametrize("path", ["/", "/cart", "/api/products"])
def test_a_page_is_served(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).raise_for_status().content


def test_every_product_has_a_page(visitor: httpx.Client) -> None:
    products = visitor.get("/api/products").json()["products"]

    assert len(products) >= 10
    for product in products[:3]:
        assert product["name"] in unescape(visitor.get(f"/products/{product['slug']}").text)

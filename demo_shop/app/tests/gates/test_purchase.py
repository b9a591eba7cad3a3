import time

import httpx

SHIPPED_WITHIN_S = 20.0
ADA = {"name": "Ada", "email": "ada@example.org", "address": "12 Square"}


def test_somebody_browses_buys_and_gets_it(visitor: httpx.Client) -> None:
    product = visitor.get("/api/products").json()["products"][0]
    # One more than there was: however often this runs, nobody finds an empty shelf for it.
    visitor.post(f"/api/staff/stock/{product['slug']}", json={"pieces": 1}).raise_for_status()

    cart = visitor.post("/api/cart/items", json={"slug": product["slug"]}).raise_for_status().json()
    assert (cart["pieces"], cart["goods_cents"]) == (1, product["price_cents"])

    form = ADA | {"total_cents": cart["total_cents"]}
    order = visitor.post("/api/checkout", json=form).raise_for_status().json()
    assert order["total_cents"] == cart["total_cents"]
    assert visitor.get("/api/cart").json()["pieces"] == 0

    deadline = time.monotonic() + SHIPPED_WITHIN_S
    while order["status"] != "shipped":
        assert time.monotonic() < deadline, f"the order is still {order['status']}"
        time.sleep(0.1)
        order = visitor.get(f"/api/orders/{order['number']}").raise_for_status().json()
    assert order["number"] in visitor.get(f"/orders/{order['number']}").text

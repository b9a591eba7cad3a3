from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from conftest import ADA, count, stock_of

from shop.checkout import Placed, place_order
from shop.errors import EmptyCartError, OutOfStockError, PriceChangedError
from shop.orders import read_order
from shop.stores import connect

BUYERS = 16


def at_once(carts: list[dict[str, int]], keys: list[str]) -> list[Placed | OutOfStockError]:
    """
    Check out all carts in the same moment, each on a connection of its own.
    """
    ready = Barrier(len(carts))

    def buy(cart: dict[str, int], key: str) -> Placed | OutOfStockError:
        with connect("buyer") as connection:
            ready.wait(20)
            try:
                return place_order(connection, ADA, cart, key=key)
            except OutOfStockError as error:
                return error

    with ThreadPoolExecutor(len(carts)) as pool:
        return list(pool.map(buy, carts, keys))


def test_exactly_one_of_many_buyers_gets_the_last_piece(database: psycopg.Connection) -> None:
    database.execute("UPDATE products SET stock = 1 WHERE slug = 'storm-lantern'")

    ends = at_once([{"storm-lantern": 1}] * BUYERS, [f"key-{n}" for n in range(BUYERS)])

    assert [isinstance(end, Placed) for end in ends].count(True) == 1
    assert stock_of(database, "storm-lantern") == 0
    assert count(database, "orders") == count(database, "order_lines") == 1


def test_many_buyers_take_exactly_what_is_there(database: psycopg.Connection) -> None:
    ends = at_once([{"speckled-mug": 3}] * BUYERS, [f"key-{n}" for n in range(BUYERS)])

    assert [isinstance(end, Placed) for end in ends].count(True) == 3
    assert stock_of(database, "speckled-mug") == 1


def test_carts_that_overlap_never_wait_for_each_other(database: psycopg.Connection) -> None:
    database.execute("UPDATE products SET stock = 1000")
    forwards = {"bud-vase": 1, "desk-lamp": 1, "speckled-mug": 1}
    backwards = dict(reversed(forwards.items()))

    ends = at_once([forwards, backwards] * 8, [f"key-{n}" for n in range(16)])

    assert all(isinstance(end, Placed) for end in ends)
    assert stock_of(database, "desk-lamp") == 1000 - 16


def test_a_checkout_that_fails_takes_nothing(database: psycopg.Connection) -> None:
    database.execute("UPDATE products SET stock = 1 WHERE slug = 'storm-lantern'")

    with pytest.raises(OutOfStockError, match="only 1 left"):
        place_order(database, ADA, {"bud-vase": 2, "storm-lantern": 2}, key="first-try")

    assert (stock_of(database, "bud-vase"), stock_of(database, "storm-lantern")) == (10, 1)
    assert count(database, "orders") == 0
    assert place_order(database, ADA, {"bud-vase": 2}, key="first-try").new


def test_sending_a_checkout_again_gives_the_same_order(database: psycopg.Connection) -> None:
    first = place_order(database, ADA, {"bud-vase": 2}, key="same-key")
    again = place_order(database, ADA, {}, key="same-key")

    assert (first.new, again.new, again.number) == (True, False, first.number)
    assert stock_of(database, "bud-vase") == 8


def test_a_double_click_orders_once(database: psycopg.Connection) -> None:
    ends = at_once([{"bud-vase": 1}] * 8, ["one-key"] * 8)

    assert len({end.number for end in ends if isinstance(end, Placed)}) == 1
    assert stock_of(database, "bud-vase") == 9


def test_the_customer_pays_what_was_shown_or_nothing_is_ordered(
    database: psycopg.Connection,
) -> None:
    with pytest.raises(PriceChangedError):
        place_order(database, ADA, {"bud-vase": 1}, key="price-key", seen_total_cents=1)
    assert stock_of(database, "bud-vase") == 10

    placed = place_order(database, ADA, {"bud-vase": 1}, key="price-key", seen_total_cents=3590)
    order = read_order(database, placed.number)
    assert order is not None
    assert (order.goods_cents, order.delivery_cents, order.status) == (3100, 490, "placed")


def test_an_empty_cart_and_an_unknown_product_order_nothing(database: psycopg.Connection) -> None:
    with pytest.raises(EmptyCartError):
        place_order(database, ADA, {}, key="empty-key")
    with pytest.raises(OutOfStockError):
        place_order(database, ADA, {"no-such-thing": 1}, key="odd-key")

    assert count(database, "orders") == 0

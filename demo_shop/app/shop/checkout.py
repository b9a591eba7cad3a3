"""
Checkout: one transaction that takes the stock and writes the order, or does neither.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import Connection

from shop.customer import Customer
from shop.errors import EmptyCartError, OutOfStockError, PriceChangedError
from shop.orders import PLACED
from shop.pricing import delivery_cents

# No 0/O, 1/I/L: numbers are read out on the telephone. 31^10 of them cannot be guessed.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """
    The order that a checkout ended in; not ``new`` when the same checkout came a second time.
    """

    number: str
    new: bool


def place_order(
    connection: Connection,
    customer: Customer,
    quantities: Mapping[str, int],
    *,
    key: str,
    seen_total_cents: int | None = None,
) -> Placed:
    """
    Order what is in the cart.

    Args:
        connection: In autocommit; the transaction is opened here.
        customer: Who orders.
        quantities: Pieces by slug.
        key: Names this checkout. A second one with the same key gives the order of the first, also
            when both come at once: the second waits at the unique index until the first has ended.
        seen_total_cents: The total that the customer agreed to, if known.

    Raises:
        EmptyCartError: there is nothing to order.
        OutOfStockError: fewer are left than asked for.
        PriceChangedError: the total is another one than the customer saw.
    """
    with connection.transaction():
        number = _new_number()
        row = connection.execute(
            """
            INSERT INTO orders (number, checkout_key, status, name, email, address)
            VALUES (%s, %s, %s, %s, %s, %s)
            ON CONFLICT (checkout_key) DO NOTHING RETURNING id
            """,
            [number, key, PLACED, customer.name, customer.email, customer.address],
        ).fetchone()
        if row is None:
            return Placed(number=_number_of(connection, key), new=False)
        if not quantities:
            raise EmptyCartError
        goods = _take_stock(connection, row[0], quantities)
        delivery = delivery_cents(goods)
        if seen_total_cents is not None and seen_total_cents != goods + delivery:
            raise PriceChangedError
        connection.execute(
            "UPDATE orders SET goods_cents = %s, delivery_cents = %s WHERE id = %s",
            [goods, delivery, row[0]],
        )
        connection.execute(
            "INSERT INTO order_events (order_id, status) VALUES (%s, %s)", [row[0], PLACED]
        )
    return Placed(number=number, new=True)


def _take_stock(connection: Connection, order_id: int, quantities: Mapping[str, int]) -> int:
    """
    Take every product, in one order for all customers, so that two carts never wait for each other.
    """
    goods_cents = 0
    for slug, quantity in sorted(quantities.items()):
        row = connection.execute(
            """
            UPDATE products SET stock = stock - %(quantity)s
            WHERE slug = %(slug)s AND stock >= %(quantity)s
            RETURNING id, name, price_cents
            """,
            {"slug": slug, "quantity": quantity},
        ).fetchone()
        if row is None:
            raise _what_is_missing(connection, slug)
        product_id, name, price_cents = row
        connection.execute(
            "INSERT INTO order_lines (order_id, product_id, name, quantity, unit_cents)"
            " VALUES (%s, %s, %s, %s, %s)",
            [order_id, product_id, name, quantity, price_cents],
        )
        goods_cents += price_cents * quantity
    return goods_cents


def _what_is_missing(connection: Connection, slug: str) -> OutOfStockError:
    row = connection.execute("SELECT name, stock FROM products WHERE slug = %s", [slug]).fetchone()
    return OutOfStockError(*row) if row else OutOfStockError(slug, 0)


def _number_of(connection: Connection, key: str) -> str:
    row = connection.execute("SELECT number FROM orders WHERE checkout_key = %s", [key]).fetchone()
    assert row is not None, "the insert met this key, and orders are never deleted"
    return row[0]


def _new_number() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"KP-{letters[:5]}-{letters[5:]}"

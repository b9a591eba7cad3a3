"""
Orders as they are stored: their states, and reading them.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Connection
from psycopg.rows import class_row, dict_row

PLACED, PAID, CONFIRMED, SHIPPED = STATES = ("placed", "paid", "confirmed", "shipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """
    One product of an order, at the price of that moment.
    """

    slug: str
    name: str
    quantity: int
    unit_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    One order with everything that happened to it; ``reached`` gives the time of each state.
    """

    number: str
    status: str
    name: str
    email: str
    address: str
    goods_cents: int
    delivery_cents: int
    placed_at: datetime
    lines: tuple[OrderLine, ...]
    reached: dict[str, datetime]
    payment: str | None
    parcel: str | None

    @property
    def total_cents(self) -> int:
        """
        What was paid, or is to be.
        """
        return self.goods_cents + self.delivery_cents

    @property
    def finished(self) -> bool:
        """
        Whether nothing is left to be done.
        """
        return self.status == SHIPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSummary:
    """
    One row of the staff's list.
    """

    number: str
    status: str
    name: str
    pieces: int
    total_cents: int
    placed_at: datetime


def read_order(connection: Connection, number: str) -> Order | None:
    """
    Read one order by its number, or nothing.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            """
            SELECT o.id, o.number, o.status, o.name, o.email, o.address, o.goods_cents,
                   o.delivery_cents, o.placed_at, p.reference AS payment, s.tracking AS parcel
            FROM orders o
            LEFT JOIN payments p ON p.order_id = o.id
            LEFT JOIN parcels s ON s.order_id = o.id
            WHERE o.number = %s
            """,
            [number],
        ).fetchone()
        if row is None:
            return None
        order_id = row.pop("id")
        reached = cursor.execute(
            "SELECT status, at FROM order_events WHERE order_id = %s", [order_id]
        ).fetchall()
    with connection.cursor(row_factory=class_row(OrderLine)) as cursor:
        lines = cursor.execute(
            """
            SELECT p.slug, l.name, l.quantity, l.unit_cents
            FROM order_lines l JOIN products p ON p.id = l.product_id
            WHERE l.order_id = %s ORDER BY l.name
            """,
            [order_id],
        ).fetchall()
    return Order(**row, lines=tuple(lines), reached={e["status"]: e["at"] for e in reached})


def latest_orders(connection: Connection, limit: int = 20) -> list[OrderSummary]:
    """
    List the newest orders, newest first.
    """
    with connection.cursor(row_factory=class_row(OrderSummary)) as cursor:
        return cursor.execute(
            """
            SELECT o.number, o.status, o.name, o.goods_cents + o.delivery_cents AS total_cents,
                   o.placed_at, (SELECT sum(quantity) FROM order_lines l
                                 WHERE l.order_id = o.id)::int AS pieces
            FROM orders o ORDER BY o.id DESC LIMIT %s
            """,
            [limit],
        ).fetchall()


def count_orders(connection: Connection) -> dict[str, int]:
    """
    Count the orders in each state, in the order of the states.
    """
    counted = dict(connection.execute("SELECT status, count(*) FROM orders GROUP BY status"))
    return {status: counted.get(status, 0) for status in STATES}

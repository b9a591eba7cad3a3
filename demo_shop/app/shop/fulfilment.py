"""
Fulfilling an order: paid, confirmed, shipped.

Each step does its work and then moves the order on. Both may be tried again at any time: the work
is keyed by the order (a second payment is the first one), the move is guarded by the state it
leaves. So it does not matter where a worker is killed, or whether two work on the same order.
"""

import hashlib
from collections.abc import Callable

from psycopg import Connection

from shop.orders import CONFIRMED, PAID, PLACED, SHIPPED

Pace = Callable[[str], None]
"""
Called at named points ("paid: begins", "paid: work done", "paid: moved on"): to go slowly enough
for an audience, or to be killed in a test.
"""


def advance(connection: Connection, number: str, *, worker: str, pace: Pace) -> str | None:
    """
    Bring an order one state further.

    Args:
        connection: In autocommit: the work and the move are two transactions, as they are with a
            payment provider that is not ours.
        number: The order.
        worker: Who does it, for the record.
        pace: See ``Pace``.

    Returns:
        The state that the order is in now; nothing when there is no such order.
    """
    row = connection.execute("SELECT id, status FROM orders WHERE number = %s", [number]).fetchone()
    if row is None:
        return None
    order_id, status = row
    if status not in _STEPS:
        return status
    work, reached = _STEPS[status]
    pace(f"{reached}: begins")
    work(connection, order_id)
    pace(f"{reached}: work done")
    _move(connection, order_id, status, reached, worker)
    pace(f"{reached}: moved on")
    return reached


def _move(connection: Connection, order_id: int, left: str, reached: str, worker: str) -> None:
    with connection.transaction():
        moved = connection.execute(
            "UPDATE orders SET status = %s, touched_at = now() WHERE id = %s AND status = %s",
            [reached, order_id, left],
        )
        if moved.rowcount == 1:
            connection.execute(
                "INSERT INTO order_events (order_id, status, worker) VALUES (%s, %s, %s)",
                [order_id, reached, worker],
            )


def _take_payment(connection: Connection, order_id: int) -> None:
    """
    Ask the (made up) payment provider, which knows each order once, however often it is asked.
    """
    connection.execute(
        """
        INSERT INTO payments (order_id, reference, amount_cents)
        SELECT id, %s, goods_cents + delivery_cents FROM orders WHERE id = %s
        ON CONFLICT (order_id) DO UPDATE SET asked = payments.asked + 1
        """,
        [_reference("PAY", order_id), order_id],
    )


def _send_confirmation(connection: Connection, order_id: int) -> None:
    connection.execute(
        """
        INSERT INTO confirmations (order_id, email)
        SELECT id, email FROM orders WHERE id = %s
        ON CONFLICT (order_id) DO NOTHING
        """,
        [order_id],
    )


def _hand_over_parcel(connection: Connection, order_id: int) -> None:
    connection.execute(
        "INSERT INTO parcels (order_id, tracking) VALUES (%s, %s)"
        " ON CONFLICT (order_id) DO NOTHING",
        [order_id, _reference("TRK", order_id)],
    )


def _reference(kind: str, order_id: int) -> str:
    digest = hashlib.sha256(f"{kind} {order_id}".encode()).hexdigest()
    return f"{kind}-{digest[:10].upper()}"


_STEPS: dict[str, tuple[Callable[[Connection, int], None], str]] = {
    PLACED: (_take_payment, PAID),
    PAID: (_send_confirmation, CONFIRMED),
    CONFIRMED: (_hand_over_parcel, SHIPPED),
}

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from conftest import ADA, count
from redis import Redis

from shop.checkout import place_order
from shop.order_queue import OrderQueue
from shop.orders import SHIPPED

POINTS = [
    f"{state}: {point}"
    for state in ("paid", "confirmed", "shipped")
    for point in ("begins", "work done", "moved on")
]

KILLED_AT = """
import os, signal, sys
from shop import worker
from shop.settings import Settings

def pace(point):
    if point == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)

worker.run(Settings.read(), worker.Stop(), pace)
"""


def start_worker(step_s: str = "0") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "shop.worker"],
        env=os.environ | {"SHOP_STEP_SECONDS": step_s},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "working" in process.stdout.readline()
    return process


def run_until_killed_at(point: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, point], stdout=subprocess.DEVNULL, timeout=20, check=False
    )
    assert done.returncode == -signal.SIGKILL


def wait_until_shipped(connection: psycopg.Connection, numbers: list[str]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        row = connection.execute(
            "SELECT count(*) FROM orders WHERE number = ANY(%s) AND status = %s", [numbers, SHIPPED]
        ).fetchone()
        if row == (len(numbers),):
            return
        time.sleep(0.05)
    pytest.fail("not shipped within 20 s")


def stop(process: subprocess.Popen[str]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0
    return time.monotonic() - began


def place(connection: psycopg.Connection, key: str) -> str:
    return place_order(connection, ADA, {"bud-vase": 1}, key=key).number


def everything_happened_once(connection: psycopg.Connection, orders: int) -> None:
    for table in ("orders", "payments", "confirmations", "parcels"):
        assert count(connection, table) == orders, table
    assert count(connection, "order_events") == 4 * orders


@pytest.mark.parametrize("point", POINTS)
def test_an_order_whose_worker_is_killed_is_finished_once(
    database: psycopg.Connection, cache: Redis, point: str
) -> None:
    queue = OrderQueue(cache)
    number = place(database, "kill-key")
    queue.put(number)
    run_until_killed_at(point)
    database.execute("UPDATE orders SET touched_at = now() - interval '1 hour'")

    worker = start_worker()
    wait_until_shipped(database, [number])
    stop(worker)

    everything_happened_once(database, 1)
    asked = database.execute("SELECT asked FROM payments").fetchone()
    assert asked == (2 if point == "paid: work done" else 1,)


def test_a_queue_that_lost_its_data_loses_no_order(
    database: psycopg.Connection, cache: Redis
) -> None:
    numbers = [place(database, f"lost-key-{n}") for n in range(5)]
    for number in numbers:
        OrderQueue(cache).put(number)
    cache.flushdb()

    worker = start_worker()
    wait_until_shipped(database, numbers)
    stop(worker)

    everything_happened_once(database, 5)


def test_two_workers_with_the_same_orders_do_nothing_twice(
    database: psycopg.Connection, cache: Redis
) -> None:
    queue = OrderQueue(cache)
    numbers = [place(database, f"two-key-{n}") for n in range(8)]
    for number in numbers * 2:
        queue.put(number)

    workers = [start_worker(), start_worker()]
    wait_until_shipped(database, numbers)
    for worker in workers:
        stop(worker)

    everything_happened_once(database, 8)


def test_sigterm_finishes_the_step_and_leaves_the_rest_to_the_next(
    database: psycopg.Connection, cache: Redis
) -> None:
    queue = OrderQueue(cache)
    number = place(database, "term-key")
    queue.put(number)

    worker = start_worker(step_s="30")
    deadline = time.monotonic() + 10
    while not queue.taken() and time.monotonic() < deadline:
        time.sleep(0.02)
    took_s = stop(worker)

    assert took_s < 2
    assert database.execute("SELECT status FROM orders").fetchone() == ("paid",)
    assert (queue.depth(), queue.taken()) == (1, [])
    worker = start_worker()
    wait_until_shipped(database, [number])
    stop(worker)
    everything_happened_once(database, 1)


def test_an_idle_worker_is_gone_at_once(database: psycopg.Connection, cache: Redis) -> None:
    assert cache.ping()
    assert count(database, "orders") == 0
    assert stop(start_worker()) < 0.5


def test_what_a_killed_worker_held_is_cleared_away(
    database: psycopg.Connection, cache: Redis
) -> None:
    queue = OrderQueue(cache)
    number = place(database, "held-key")
    queue.put(number)
    run_until_killed_at("shipped: moved on")
    assert queue.taken() == [number]

    worker = start_worker()
    deadline = time.monotonic() + 10
    while queue.taken() and time.monotonic() < deadline:
        time.sleep(0.05)
    stop(worker)

    assert queue.taken() == []

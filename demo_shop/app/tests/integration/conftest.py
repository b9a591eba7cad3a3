"""
The tests in this folder need an empty database (PGHOST, PGUSER, PGPASSWORD, PGDATABASE) and an
empty cache (SHOP_CACHE_URL) of their own: they delete orders and carts.
"""

import os
from collections.abc import Iterator

import psycopg
import pytest
from redis import Redis

from shop.customer import Customer
from shop.migrate import connect_patiently
from shop.schema import migrate, seed
from shop.stores import connect, open_cache

ADA = Customer(name="Ada", email="ada@example.org", address="12 Square")


@pytest.fixture(scope="session")
def _migrated() -> None:
    with connect_patiently() as connection:
        migrate(connection)
        seed(connection)


@pytest.fixture
def database(_migrated: None) -> Iterator[psycopg.Connection]:
    """
    A connection to a shop without orders, ten pieces of everything.
    """
    with connect("tests") as connection:
        connection.execute(
            "TRUNCATE orders, order_lines, order_events, payments, confirmations, parcels"
        )
        connection.execute("UPDATE products SET stock = 10")
        yield connection


@pytest.fixture
def cache() -> Iterator[Redis]:
    client = open_cache(os.environ["SHOP_CACHE_URL"])
    client.flushdb()
    yield client
    client.close()


def stock_of(connection: psycopg.Connection, slug: str) -> int:
    row = connection.execute("SELECT stock FROM products WHERE slug = %s", [slug]).fetchone()
    assert row is not None
    return row[0]


def count(connection: psycopg.Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return row[0]

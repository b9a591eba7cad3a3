from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shop import schema
from shop.schema import Migration, MigrationError, known_migrations, migrate, seed
from shop.stores import connect


@pytest.fixture
def empty_schema(database: psycopg.Connection) -> str:
    """
    A schema beside the shop's own, in which nothing was migrated yet.
    """
    database.execute("DROP SCHEMA IF EXISTS fresh CASCADE")
    database.execute("CREATE SCHEMA fresh")
    return "fresh"


def connect_to(name: str) -> psycopg.Connection:
    connection = connect("tests")
    connection.execute(f"SET search_path TO {name}")
    return connection


def test_four_migrations_at_once_bring_an_empty_database_up_once(empty_schema: str) -> None:
    def run(_: int) -> int:
        with connect_to(empty_schema) as connection:
            applied = migrate(connection)
            seed(connection)
            return len(applied)

    with ThreadPoolExecutor(4) as pool:
        applied = sorted(pool.map(run, range(4)))

    assert applied == [0, 0, 0, len(known_migrations())]
    with connect_to(empty_schema) as connection:
        assert connection.execute("SELECT count(*) FROM products").fetchone() == (24,)


def test_a_second_run_changes_texts_and_prices_but_never_the_stock(empty_schema: str) -> None:
    with connect_to(empty_schema) as connection:
        migrate(connection)
        seed(connection)
        connection.execute("UPDATE products SET stock = 77, price_cents = 1, name = 'x'")

        assert migrate(connection) == []
        seed(connection)

        row = connection.execute(
            "SELECT name, price_cents, stock FROM products WHERE slug = 'storm-lantern'"
        ).fetchone()
        assert row == ("Storm lantern", 6900, 77)


def test_a_migration_that_was_changed_afterwards_is_refused(
    empty_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect_to(empty_schema) as connection:
        migrate(connection)
        first, *rest = known_migrations()
        changed = Migration(version=first.version, name=first.name, sql=first.sql + "-- more")
        monkeypatch.setattr(schema, "known_migrations", lambda: (changed, *rest))

        with pytest.raises(MigrationError, match="changed after it was applied"):
            migrate(connection)


def test_a_migration_that_fails_leaves_the_whole_ones_before_it(
    empty_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration(version=3, name="broken", sql="CREATE TABLE half (id int); SELECT 1/0")
    monkeypatch.setattr(schema, "known_migrations", lambda: (*known_migrations(), broken))

    with connect_to(empty_schema) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            migrate(connection)

        assert connection.execute("SELECT max(version) FROM schema_versions").fetchone() == (2,)
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)

"""
The schema's versions: numbered SQL files that are applied once, in order, and never changed.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg import Connection

_HERE = Path(__file__).parent
_LOCK = 7_361_204  # any number, as long as every migrate asks for the same


class MigrationError(Exception):
    """
    The database and this release do not fit together; the message says how.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """
    One file ``NNNN_name.sql``.
    """

    version: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """
        Fingerprint by which a file that was changed afterwards is noticed.
        """
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def known_migrations() -> tuple[Migration, ...]:
    """
    List the migrations of this release by version.
    """
    files = sorted((_HERE / "migrations").glob("[0-9]*.sql"))
    return tuple(
        Migration(version=int(file.stem[:4]), name=file.stem[5:], sql=file.read_text())
        for file in files
    )


def newest_version() -> int:
    """
    Say which version this release needs at least.
    """
    return known_migrations()[-1].version


def migrate(connection: Connection) -> list[Migration]:
    """
    Bring the schema up and give what was applied; nothing when all was there.

    Safe to run several at once: the others wait, then find nothing to do. Each migration is one
    transaction, so a killed run leaves whole ones only.

    Raises:
        MigrationError: an applied file was changed since.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_versions (version integer PRIMARY KEY,"
            " name text NOT NULL, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
        applied = dict(connection.execute("SELECT version, digest FROM schema_versions"))
        new = []
        for migration in known_migrations():
            if migration.version not in applied:
                _apply(connection, migration)
                new.append(migration)
            elif applied[migration.version] != migration.digest:
                message = f"{migration.name} was changed after it was applied; write a new one"
                raise MigrationError(message)
        return new
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def seed(connection: Connection) -> int:
    """
    Bring the catalogue to what this release says, and give how many products it has.

    Texts and prices follow the file; the stock is set for new products only, for it is the
    database that knows what was sold.
    """
    products = json.loads((_HERE / "catalogue.json").read_text())
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO products (slug, name, category, summary, description, price_cents, stock)
            VALUES (%(slug)s, %(name)s, %(category)s, %(summary)s, %(description)s,
                    %(price_cents)s, %(stock)s)
            ON CONFLICT (slug) DO UPDATE
            SET name = excluded.name, category = excluded.category, summary = excluded.summary,
                description = excluded.description, price_cents = excluded.price_cents
            WHERE (products.name, products.category, products.summary, products.description,
                   products.price_cents)
               IS DISTINCT FROM (excluded.name, excluded.category, excluded.summary,
                                 excluded.description, excluded.price_cents)
            """,
            sorted(products, key=lambda product: product["slug"]),
        )
    return len(products)


def _apply(connection: Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.sql)
        connection.execute(
            "INSERT INTO schema_versions (version, name, digest) VALUES (%s, %s, %s)",
            [migration.version, migration.name, migration.digest],
        )

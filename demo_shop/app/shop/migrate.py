"""
The one-shot job ``python3 -m shop.migrate``: schema and catalogue, then exit.
"""

import sys
import threading

import psycopg

from shop.logs import facts, start_logging
from shop.schema import MigrationError, migrate, seed
from shop.stores import connect

ATTEMPTS = 20
PAUSE_S = 0.25


def main() -> int:
    """
    Give 0 when the database is what this release needs.
    """
    log = start_logging("migrate")
    try:
        with connect_patiently() as connection:
            applied = migrate(connection)
            for migration in applied:
                log.info("applied", extra=facts(version=migration.version, name=migration.name))
            products = seed(connection)
    except psycopg.OperationalError as error:
        log.error("no database", extra=facts(reason=str(error).strip()))  # noqa: TRY400 - expected, no trace
        return 1
    except MigrationError as error:
        log.error("refused", extra=facts(reason=str(error)))  # noqa: TRY400 - expected, no trace
        return 1
    log.info("ready", extra=facts(applied=len(applied), products=products))
    return 0


def connect_patiently() -> psycopg.Connection:
    """
    Connect, trying again for some seconds: a database that just became ready may still refuse once.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return connect("migrate")
        except psycopg.OperationalError:
            threading.Event().wait(PAUSE_S)
    return connect("migrate")


if __name__ == "__main__":
    sys.exit(main())

"""
Whether the shop can serve: database and cache, each with what is wrong.
"""

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from redis import Redis, RedisError

from shop.schema import newest_version

PROBE_S = 1.0


def what_is_wrong(pool: ConnectionPool, cache: Redis) -> dict[str, str]:
    """
    Ask both stores; the answer maps each one that is not fine to the reason.
    """
    problems = {}
    if reason := _database_problem(pool):
        problems["database"] = reason
    try:
        cache.ping()
    except RedisError as error:
        problems["cache"] = str(error)
    return problems


def _database_problem(pool: ConnectionPool) -> str | None:
    try:
        with pool.connection(timeout=PROBE_S) as connection:
            row = connection.execute("SELECT max(version) FROM schema_versions").fetchone()
    except PoolTimeout:
        return f"no connection within {PROBE_S:g} s"
    except psycopg.errors.UndefinedTable:
        return "not migrated yet"
    except psycopg.Error as error:
        return str(error).strip()
    found, needed = (row[0] if row else None) or 0, newest_version()
    return None if found >= needed else f"schema is at version {found}, this release needs {needed}"

"""
How to reach the database and the cache: limits, so that no call waits for ever.
"""

import psycopg
from psycopg_pool import ConnectionPool
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_S = 2
# Far more than any statement of the shop needs; a stuck one must not hold a connection for long.
STATEMENT_MS = 5000

_LIMITS = {
    "connect_timeout": CONNECT_S,
    "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={STATEMENT_MS}",
}


def connect(application: str) -> psycopg.Connection:
    """
    Open one connection in autocommit.

    Raises:
        psycopg.OperationalError: the database cannot be reached.
    """
    return psycopg.connect(autocommit=True, application_name=application, **_LIMITS)


def open_pool() -> ConnectionPool:
    """
    Make the pool of the web process; it connects in the background.

    A connection is looked at before it is given out, so that a restarted database costs no request;
    giving up early on connecting means that the next request tries anew instead of waiting.
    """
    pool = ConnectionPool(
        kwargs={"autocommit": True, "application_name": "web", **_LIMITS},
        min_size=1,
        max_size=12,
        timeout=CONNECT_S,
        reconnect_timeout=1,
        check=ConnectionPool.check_connection,
        open=False,
    )
    pool.open(wait=False)
    return pool


def open_cache(url: str) -> Redis:
    """
    Make the client of Valkey; a connection that broke is replaced once, at once.
    """
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=CONNECT_S,
        retry=Retry(NoBackoff(), 1),
    )

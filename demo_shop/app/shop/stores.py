"""
How to reach the database and the cache: limits, so that no call waits for ever.
"""

from typing import override

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from redis import Redis
from redis import exceptions as cache_errors
from redis.backoff import NoBackoff
from redis.retry import Retry

from shop.patience import Patience

CONNECT_S = 2
# Far more than any statement of the shop needs; a stuck one must not hold a connection for long.
STATEMENT_MS = 5000
# One try to get a connection out of the pool; the next one lets the pool connect anew.
TRY_S = 1.0

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


class PatientPool(ConnectionPool):
    """
    A pool in which a request waits while the database is restarted.
    """

    def __init__(self, **options: object) -> None:
        self._patience = Patience(PoolTimeout)
        super().__init__(**options)

    @override
    def getconn(self, timeout: float | None = None):
        """
        Get a connection within *timeout*, or without one as soon as the database is back.
        """
        if timeout is not None:
            return super().getconn(timeout)
        return self._patience(lambda: super(PatientPool, self).getconn(TRY_S))


class PatientCache(Redis):
    """
    A client whose commands wait while the cache is restarted.

    A command whose answer was lost is sent again: a cart may count a piece twice, and shows it.
    """

    def __init__(self, **options: object) -> None:
        self._patience = Patience(cache_errors.ConnectionError, cache_errors.TimeoutError)
        super().__init__(**options)

    @override
    def execute_command(self, *args: object, **options: object):
        """
        Send one command.
        """
        return self._patience(lambda: super(PatientCache, self).execute_command(*args, **options))


def open_pool() -> PatientPool:
    """
    Make the pool of the web process; it connects in the background.

    A connection is looked at before it is given out, so that a restarted database costs no request;
    giving up early on connecting means that the next try connects anew instead of waiting.
    """
    pool = PatientPool(
        kwargs={"autocommit": True, "application_name": "web", **_LIMITS},
        min_size=1,
        max_size=12,
        reconnect_timeout=TRY_S,
        check=ConnectionPool.check_connection,
        open=False,
    )
    pool.open(wait=False)
    return pool


def open_cache(url: str, client: type[Redis] = Redis) -> Redis:
    """
    Make a client of Valkey; a connection that broke is replaced once, at once.
    """
    return client.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=CONNECT_S,
        retry=Retry(NoBackoff(), 1),
    )

"""
The worker ``python3 -m shop.worker``: takes orders from the queue and fulfils them.

It also looks into the database for orders that nobody has touched for a while, so an order whose
worker was killed, or whose place in the queue was lost, is finished all the same.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import psycopg
from redis import exceptions as cache_errors

from shop.fulfilment import Pace, advance
from shop.logs import facts, start_logging
from shop.order_queue import OrderQueue
from shop.orders import SHIPPED
from shop.settings import Settings
from shop.stores import connect, open_cache

ALIVE = Path("/tmp/worker.alive")  # noqa: S108 - a tmpfs of this container alone

TAKE_S = 1.0
UNTOUCHED_S = 3
BATCH = 20
RETRY_S = 0.5

AWAY = (psycopg.OperationalError, cache_errors.ConnectionError, cache_errors.TimeoutError)


class Stop:
    """
    The wish to stop, from SIGTERM or SIGINT.

    A wait for work ends at once; a step that has begun is finished first.
    """

    def __init__(self) -> None:
        self.wished = threading.Event()
        self._idle = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """
        Take the signal.
        """
        self.wished.set()
        if self._idle:
            raise SystemExit(0)

    def while_idle(self, wait: Callable[[float], str | None], wait_s: float) -> str | None:
        """
        Wait in a way that a signal ends. What was taken in that very moment is found again later.
        """
        self._idle = True
        try:
            return None if self.wished.is_set() else wait(wait_s)
        finally:
            self._idle = False


class Worker:
    """
    One worker with its own connections.
    """

    def __init__(
        self, connection: psycopg.Connection, queue: OrderQueue, *, stop: Stop, pace: Pace
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._stop = stop
        self._pace = pace
        self._name = socket.gethostname()
        self._log = start_logging("worker")

    def turn(self) -> None:
        """
        Do what is there to be done: orders that were left behind first, then the next of the queue.
        """
        for number in self._left_behind():
            self.fulfil(number)
        number = self._stop.while_idle(self._queue.take, TAKE_S)
        if number:
            self.fulfil(number)
        ALIVE.touch()

    def fulfil(self, number: str) -> None:
        """
        Bring an order to its end, or until we are to stop.
        """
        status: str | None = ""
        while status not in (SHIPPED, None):
            if self._stop.wished.is_set():
                self._queue.give_back(number)
                return
            status = advance(self._connection, number, worker=self._name, pace=self._pace)
            self._log.info("order", extra=facts(number=number, status=status))
            ALIVE.touch()
        self._queue.done(number)

    def _left_behind(self) -> list[str]:
        """
        Find unfinished orders that nobody works on; drop finished ones that a killed worker held.
        """
        if self._stop.wished.is_set():
            return []
        rows = self._connection.execute(
            "SELECT number FROM orders WHERE status <> %s"
            " AND touched_at < now() - make_interval(secs => %s) ORDER BY touched_at LIMIT %s",
            [SHIPPED, UNTOUCHED_S, BATCH],
        ).fetchall()
        for number in self._queue.taken():
            if self._status(number) in (SHIPPED, None):
                self._queue.done(number)
        return [row[0] for row in rows]

    def _status(self, number: str) -> str | None:
        row = self._connection.execute(
            "SELECT status FROM orders WHERE number = %s", [number]
        ).fetchone()
        return row[0] if row else None


def run(settings: Settings, stop: Stop, pace: Pace) -> None:
    """
    Work until told to stop; a database or a cache that is away is waited for.
    """
    log = start_logging("worker")
    queue = OrderQueue(open_cache(settings.cache_url))
    while not stop.wished.is_set():
        try:
            with connect("worker") as connection:
                log.info("working")
                worker = Worker(connection, queue, stop=stop, pace=pace)
                while not stop.wished.is_set():
                    worker.turn()
        except AWAY as error:
            log.warning("away", extra=facts(reason=str(error).strip()))
            stop.wished.wait(RETRY_S)


def main() -> int:
    """
    Run with the settings of this process.
    """
    settings = Settings.read()
    stop = Stop()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    def slowly(point: str) -> None:
        if point.endswith("begins"):
            stop.wished.wait(settings.step_s)

    run(settings, stop, slowly)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Nothing is left to be tidied up, and taking the interpreter apart takes longer than a step.
    os._exit(code)

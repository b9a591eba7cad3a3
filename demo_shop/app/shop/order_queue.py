"""
The queue between checkout and worker.

It tells the worker about an order at once, and nothing more: what is to be done stands in the
database, where the worker also looks by itself. A lost queue costs seconds, never an order.
"""

from redis import Redis

WAITING = "orders:waiting"
WORKING = "orders:working"


class OrderQueue:
    """
    Order numbers; one that was taken stays in a second list until its worker is done with it.
    """

    def __init__(self, cache: Redis) -> None:
        self._cache = cache

    def put(self, number: str) -> None:
        """
        Announce an order.
        """
        self._cache.lpush(WAITING, number)

    def take(self, wait_s: float) -> str | None:
        """
        Wait for the next number at most *wait_s* and hold it as being worked on.
        """
        return self._cache.blmove(WAITING, WORKING, wait_s, "RIGHT", "LEFT")

    def give_back(self, number: str) -> None:
        """
        Let the next worker go on with it, before all others.
        """
        with self._cache.pipeline() as both:
            both.lrem(WORKING, 0, number)
            both.rpush(WAITING, number)
            both.execute()

    def done(self, number: str) -> None:
        """
        Forget a number.
        """
        self._cache.lrem(WORKING, 0, number)

    def taken(self) -> list[str]:
        """
        Numbers that a worker holds, or held when it was killed.
        """
        return self._cache.lrange(WORKING, 0, -1)

    def depth(self) -> int:
        """
        How many orders nobody has taken yet.
        """
        return self._cache.llen(WAITING)

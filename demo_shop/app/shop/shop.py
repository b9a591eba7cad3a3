"""
What one web process holds, and the errands that pages and API share.
"""

import logging
from dataclasses import dataclass

from fastapi import Request
from psycopg_pool import ConnectionPool
from redis import Redis, RedisError

from shop import catalogue
from shop.cart import Carts, clamp
from shop.catalogue import Product
from shop.checkout import Placed, place_order
from shop.customer import Customer
from shop.errors import NotFoundError, OutOfStockError
from shop.logs import facts
from shop.order_queue import OrderQueue
from shop.orders import Order, read_order
from shop.pricing import Bill, bill_of
from shop.settings import Settings
from shop.stores import PatientCache, open_cache, open_pool

RESTOCK_MAX = 100

log = logging.getLogger("shop.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """
    The open shop: settings, database, cache, and what is kept in the cache.

    Carts wait for a cache that is restarted; probes and the queue do not.
    """

    settings: Settings
    pool: ConnectionPool
    cache: Redis
    carts: Carts
    queue: OrderQueue

    @classmethod
    def open(cls, settings: Settings) -> "Shop":
        """
        Open the shop; the stores need not be there yet.
        """
        cache = open_cache(settings.cache_url)
        return cls(
            settings=settings,
            pool=open_pool(),
            cache=cache,
            carts=Carts(open_cache(settings.cache_url, PatientCache)),
            queue=OrderQueue(cache),
        )

    def close(self) -> None:
        """
        Let go of all connections.
        """
        self.pool.close(timeout=0.5)
        self.carts.close()
        self.cache.close()

    def product(self, slug: str) -> Product:
        """
        Read one product.

        Raises:
            NotFoundError: it is not sold here.
        """
        with self.pool.connection() as connection:
            found = catalogue.products_by_slug(connection, [slug])
        if not found:
            message = "We do not sell that, or not any more."
            raise NotFoundError(message)
        return found[0]

    def bill(self, token: str | None) -> Bill:
        """
        Price the cart of a visitor.
        """
        quantities = self.carts.read(token)
        if not quantities:
            return Bill(lines=())
        with self.pool.connection() as connection:
            return bill_of(quantities, catalogue.products_by_slug(connection, list(quantities)))

    def add_to_cart(self, token: str, slug: str, pieces: int) -> None:
        """
        Add to the cart what can be delivered.

        Raises:
            NotFoundError: it is not sold here.
            OutOfStockError: there are not that many.
        """
        product = self.product(slug)
        wanted = clamp(pieces) + self.carts.read(token).get(slug, 0)
        if wanted > product.stock:
            raise OutOfStockError(product.name, product.stock)
        self.carts.add(token, slug, clamp(pieces))

    def check_out(
        self, token: str | None, customer: Customer, *, key: str, seen_total_cents: int | None
    ) -> Placed:
        """
        Order the cart, announce the order to the worker, empty the cart.

        What comes after the transaction may fail without harm: the worker finds the order in the
        database, and a cart that stays is ordered again only by a new checkout.
        """
        quantities = {line.product.slug: line.quantity for line in self.bill(token).lines}
        with self.pool.connection() as connection:
            placed = place_order(
                connection, customer, quantities, key=key, seen_total_cents=seen_total_cents
            )
        if placed.new:
            try:
                self.queue.put(placed.number)
                if token:
                    self.carts.clear(token)
            except RedisError as error:
                log.warning("not announced", extra=facts(number=placed.number, reason=str(error)))
        return placed

    def order(self, number: str) -> Order:
        """
        Read one order.

        Raises:
            NotFoundError: there is none of that number.
        """
        with self.pool.connection() as connection:
            order = read_order(connection, number)
        if order is None:
            message = "We know no order of that number."
            raise NotFoundError(message)
        return order

    def restock(self, slug: str, pieces: int) -> None:
        """
        Add to the stock.

        Raises:
            NotFoundError: it is not sold here.
        """
        with self.pool.connection() as connection:
            known = catalogue.restock(connection, slug, max(1, min(RESTOCK_MAX, pieces)))
        if not known:
            message = "We do not sell that, or not any more."
            raise NotFoundError(message)


def shop_of(request: Request) -> Shop:
    """
    Give the shop that answers this request.
    """
    return request.app.state.shop

"""
Kettle & Pine, a small shop.

``web`` serves pages and a JSON API, ``worker`` fulfils orders, ``migrate`` brings the database up.
PostgreSQL holds what must never be lost (stock, orders, payments), Valkey what may be (carts, and
the queue that tells the worker about an order at once).
"""

__version__ = "1.0.0"

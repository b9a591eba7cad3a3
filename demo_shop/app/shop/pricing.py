"""
What a cart costs. Pure; every amount is in euro cents.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shop.catalogue import Product

DELIVERY_CENTS = 490
FREE_DELIVERY_FROM_CENTS = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """
    One product of a cart and how many of it.
    """

    product: Product
    quantity: int

    @property
    def cents(self) -> int:
        """
        Price of the whole line.
        """
        return self.product.price_cents * self.quantity

    @property
    def short(self) -> bool:
        """
        Whether more is asked for than there is.
        """
        return self.quantity > self.product.stock


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """
    A cart with its prices.
    """

    lines: tuple[Line, ...]

    @property
    def goods_cents(self) -> int:
        """
        All lines together.
        """
        return sum(line.cents for line in self.lines)

    @property
    def delivery_cents(self) -> int:
        """
        Delivery for these goods.
        """
        return delivery_cents(self.goods_cents)

    @property
    def total_cents(self) -> int:
        """
        What the customer pays.
        """
        return self.goods_cents + self.delivery_cents

    @property
    def pieces(self) -> int:
        """
        How many things are in the cart.
        """
        return sum(line.quantity for line in self.lines)

    @property
    def to_free_delivery_cents(self) -> int:
        """
        What is still missing for free delivery; 0 when it is free.
        """
        return max(0, FREE_DELIVERY_FROM_CENTS - self.goods_cents) if self.lines else 0


def delivery_cents(goods_cents: int) -> int:
    """
    Price the delivery of goods worth *goods_cents*.
    """
    if goods_cents == 0 or goods_cents >= FREE_DELIVERY_FROM_CENTS:
        return 0
    return DELIVERY_CENTS


def bill_of(quantities: Mapping[str, int], products: Iterable[Product]) -> Bill:
    """
    Join a cart with the catalogue; a product that is no longer sold drops out.

    Args:
        quantities: Pieces by slug.
        products: At least the products that are still sold of those.
    """
    lines = (
        Line(product=product, quantity=quantities[product.slug])
        for product in sorted(products, key=lambda each: each.name)
        if quantities.get(product.slug, 0) > 0
    )
    return Bill(lines=tuple(lines))


def euros(cents: int) -> str:
    """
    Write an amount for people: ``€12.50``, ``-€3.00``.
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}€{abs(cents) // 100:,}.{abs(cents) % 100:02d}"

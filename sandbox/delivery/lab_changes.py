"""What is committed in the laboratory: changes of the demo shop that are bad on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceChange:
    """One replaced text in one file, and the message of the commit."""

    path: str
    old: str
    new: str
    message: str


FAILING_TEST: Final = SourceChange(
    path="demo_shop/app/shop/pricing.py",
    old="goods_cents >= FREE_DELIVERY_FROM_CENTS",
    new="goods_cents > FREE_DELIVERY_FROM_CENTS",
    message="Deliver for free above the limit",
)
"""A unit test of the shop says that delivery is free from the limit on."""

STAGING_BUG: Final = SourceChange(
    path="demo_shop/app/shop/checkout.py",
    old="INSERT INTO order_lines",
    new="INSERT INTO order_line",
    message="Tidy the order lines",
)
"""No unit test asks the database; nobody can buy anything any more."""


def changed(text: str, change: SourceChange) -> str:
    """
    Make *change* in *text*.

    Raises:
        SourceError: The text is not there, or not once.
    """
    if text.count(change.old) != 1:
        raise SourceError(
            f"{change.path} does not say {change.old!r} exactly once",
            remedy="the laboratory knows the shipped shop only",
        )
    return text.replace(change.old, change.new)

import pytest

from shop.catalogue import Product
from shop.pricing import DELIVERY_CENTS, FREE_DELIVERY_FROM_CENTS, bill_of, delivery_cents, euros


def product(slug: str, price_cents: int, stock: int = 10) -> Product:
    return Product(
        slug=slug,
        name=slug.title(),
        category="Tea",
        summary="",
        description="",
        price_cents=price_cents,
        stock=stock,
    )


def test_a_bill_adds_up_lines_and_delivery() -> None:
    bill = bill_of({"mug": 2, "pen": 1}, [product("pen", 1000), product("mug", 250)])

    assert [(line.product.slug, line.cents) for line in bill.lines] == [("mug", 500), ("pen", 1000)]
    assert (bill.pieces, bill.goods_cents) == (3, 1500)
    assert bill.total_cents == 1500 + DELIVERY_CENTS
    assert bill.to_free_delivery_cents == FREE_DELIVERY_FROM_CENTS - 1500


@pytest.mark.parametrize(
    ("goods", "delivery"),
    [
        (0, 0),
        (1, DELIVERY_CENTS),
        (FREE_DELIVERY_FROM_CENTS - 1, DELIVERY_CENTS),
        (FREE_DELIVERY_FROM_CENTS, 0),
    ],
)
def test_delivery_is_free_from_a_limit_on(goods: int, delivery: int) -> None:
    assert delivery_cents(goods) == delivery


def test_what_is_no_longer_sold_drops_out_of_the_bill() -> None:
    bill = bill_of({"gone": 3, "mug": 1}, [product("mug", 250)])

    assert [line.product.slug for line in bill.lines] == ["mug"]


def test_an_empty_cart_costs_nothing() -> None:
    bill = bill_of({}, [])

    assert (bill.total_cents, bill.pieces, bill.to_free_delivery_cents) == (0, 0, 0)


def test_a_line_says_when_more_is_asked_for_than_there_is() -> None:
    enough, short = bill_of(
        {"mug": 2, "pen": 3}, [product("mug", 1, stock=2), product("pen", 1, stock=2)]
    ).lines

    assert (enough.short, short.short) == (False, True)


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "€0.00"), (5, "€0.05"), (123456, "€1,234.56"), (-250, "-€2.50")]
)
def test_amounts_read_as_people_write_them(cents: int, text: str) -> None:
    assert euros(cents) == text


@pytest.mark.parametrize(
    ("stock", "availability"), [(0, "sold_out"), (1, "last"), (3, "low"), (4, "in_stock")]
)
def test_a_product_says_how_available_it_is(stock: int, availability: str) -> None:
    assert product("mug", 1, stock).availability == availability

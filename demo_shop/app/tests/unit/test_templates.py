import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import shop
from shop import theme
from shop.catalogue import Product
from shop.errors import NotFoundError, OutOfStockError
from shop.orders import Order, OrderLine, OrderSummary
from shop.pricing import bill_of
from shop.schema import known_migrations
from shop.settings import Settings
from shop.view import STYLE_VERSION, art, templates

PACKAGE = Path(shop.__file__).parent
RELEASE = "3f2a9c1d5e6f708192a3b4c5d6e7f8091a2b3c4d"
EVIL = '"><script>alert(1)</script>'
AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def product(stock: int = 5, name: str = "Clay teapot") -> Product:
    return Product(
        slug="clay-teapot",
        name=name,
        category="Tea",
        summary="A pot",
        description="Of clay",
        price_cents=4800,
        stock=stock,
    )


def order(status: str, name: str = "Ada") -> Order:
    return Order(
        number="KP-ABCDE-FGHJK",
        status=status,
        name=name,
        email="ada@example.org",
        address="12 Square",
        goods_cents=4800,
        delivery_cents=490,
        placed_at=AT,
        lines=(OrderLine(slug="clay-teapot", name="Clay teapot", quantity=1, unit_cents=4800),),
        reached={"placed": AT},
        payment=None,
        parcel=None,
    )


def render(name: str, environment: str = "staging", **values: object) -> str:
    settings = Settings.read({"SHOP_ENVIRONMENT": environment, "SHOP_RELEASE": RELEASE})
    return templates(settings).get_template(name).render(cart_pieces=0, **values)


def test_the_front_page_shows_headline_environment_and_release() -> None:
    html = render("catalogue.html", products=[product()], categories=["Tea"], q="", category="")

    assert f"<h1>{theme.HEADLINE}</h1>" in html
    assert 'class="tone-amber"' in html
    assert '<span class="strip-environment">staging</span>' in html
    assert "release <b>3f2a9c1</b>" in html
    assert "€48.00" in html
    assert f"shop.css?{STYLE_VERSION}" in html


def test_production_has_another_colour() -> None:
    html = render("error.html", environment="production", error=NotFoundError("Nothing."))

    assert 'class="tone-green"' in html


def test_what_people_typed_is_never_markup() -> None:
    pages = [
        render("catalogue.html", products=[], categories=[EVIL], q=EVIL, category=EVIL),
        render("product.html", product=product(name=EVIL), others=[]),
        render("order.html", order=order("placed", name=EVIL)),
        render("error.html", error=OutOfStockError(EVIL, 0)),
    ]

    for html in pages:
        assert "script&gt;" in html
        assert "<script" not in html


@pytest.mark.parametrize(
    ("stock", "words", "buyable"),
    [
        (0, "Sold out", False),
        (1, "Last piece", True),
        (2, "Only 2 left", True),
        (9, "9 in stock", True),
    ],
)
def test_a_product_page_says_what_is_left(stock: int, words: str, buyable: bool) -> None:  # noqa: FBT001
    html = render("product.html", product=product(stock), others=[product()])

    assert words in html
    assert ("Put into cart" in html) is buyable


def test_an_order_page_looks_again_until_it_is_shipped() -> None:
    assert 'http-equiv="refresh"' in render("order.html", order=order("paid"))
    assert 'http-equiv="refresh"' not in render("order.html", order=order("shipped"))


def test_cart_checkout_and_staff_pages_render_full_and_empty() -> None:
    bill = bill_of({"clay-teapot": 9}, [product()])
    summary = OrderSummary(
        number="KP-1", status="paid", name="Ada", pieces=1, total_cents=1, placed_at=AT
    )
    counts = {"placed": 0, "paid": 1, "confirmed": 0, "shipped": 0}

    assert "only 5 left" in render("cart.html", bill=bill)
    assert "Nothing in here yet" in render("cart.html", bill=bill_of({}, []))
    fields = {"name": "Ada", "email": "x", "address": ""}
    form = render(
        "checkout.html", bill=bill, fields=fields, problems={"email": "is odd"}, key="k" * 32
    )
    assert "is odd" in form
    assert f'name="total_cents" value="{bill.total_cents}"' in form
    staff = render("staff.html", products=[product()], orders=[summary], counts=counts, queue=3)
    assert "KP-1" in staff
    assert "No orders yet" in render("staff.html", products=[], orders=[], counts=counts, queue=0)


def test_every_product_of_the_catalogue_is_complete_and_has_a_drawing() -> None:
    products = json.loads((PACKAGE / "catalogue.json").read_text())

    assert len({each["slug"] for each in products}) == len(products) == 24
    assert len({each["category"] for each in products}) == 6
    css = (PACKAGE / "static" / "shop.css").read_text()
    for each in products:
        assert (PACKAGE / "art" / f"{each['slug']}.svg").is_file(), each["slug"]
        assert f".shelf-{each['category'].lower()}" in css
        assert each["price_cents"] > 0
        assert each["stock"] >= 0
    assert "<svg" in art("has-no-drawing")


def test_migrations_are_numbered_without_gaps() -> None:
    versions = [migration.version for migration in known_migrations()]

    assert versions == list(range(1, len(versions) + 1))

"""
The JSON API under ``/api``. Amounts are in euro cents; a cart belongs to the cookie ``cart``.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, Field

from shop import catalogue, orders
from shop.cart import PIECES_MAX, new_token
from shop.customer import parse_customer
from shop.pricing import Bill
from shop.shop import Shop, shop_of
from shop.visitors import Known, remember, token_for

router = APIRouter(prefix="/api")

Open = Annotated[Shop, Depends(shop_of)]
Json = dict[str, Any]


class Item(BaseModel):
    """
    A product to be put into the cart.
    """

    slug: str = Field(max_length=64)
    quantity: int = Field(default=1, ge=1, le=PIECES_MAX)


class Quantity(BaseModel):
    """
    How many of a product are wanted; 0 takes it out.
    """

    quantity: int = Field(ge=0, le=PIECES_MAX)


class Checkout(BaseModel):
    """
    Who orders; ``total_cents`` is the total that the customer agreed to, if it should be checked.
    """

    name: str
    email: str
    address: str
    total_cents: int | None = None


class Pieces(BaseModel):
    """
    What came into the stock.
    """

    pieces: int = Field(ge=1, le=100)


@router.get("/products")
def list_products(
    shop: Open,
    q: Annotated[str, Query(max_length=200)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
) -> Json:
    """
    Search the catalogue.
    """
    with shop.pool.connection() as connection:
        found = catalogue.find_products(connection, query=q, category=category)
        categories = catalogue.find_categories(connection)
    return {"categories": categories, "products": [asdict(product) for product in found]}


@router.get("/products/{slug}")
def show_product(shop: Open, slug: str) -> Json:
    """
    Show one product.
    """
    return asdict(shop.product(slug))


@router.get("/cart")
def show_cart(shop: Open, visitor: Known) -> Json:
    """
    Show the visitor's cart.
    """
    return _cart(shop.bill(visitor))


@router.post("/cart/items", status_code=201)
def add_item(shop: Open, visitor: Known, item: Item, response: Response) -> Json:
    """
    Put something into the cart, on top of what is there.
    """
    token = token_for(visitor)
    shop.add_to_cart(token, item.slug, item.quantity)
    remember(response, token)
    return _cart(shop.bill(token))


@router.put("/cart/items/{slug}")
def change_item(
    shop: Open, visitor: Known, slug: str, wanted: Quantity, response: Response
) -> Json:
    """
    Set how many of a product are in the cart.
    """
    token = token_for(visitor)
    shop.carts.put(token, shop.product(slug).slug, wanted.quantity)
    remember(response, token)
    return _cart(shop.bill(token))


@router.delete("/cart/items/{slug}")
def remove_item(shop: Open, visitor: Known, slug: str) -> Json:
    """
    Take a product out of the cart.
    """
    if visitor:
        shop.carts.put(visitor, slug, 0)
    return _cart(shop.bill(visitor))


@router.post("/checkout", status_code=201)
def check_out(
    shop: Open,
    visitor: Known,
    form: Checkout,
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=100)] = None,
) -> Json:
    """
    Order the cart. A repeated request with the same ``Idempotency-Key`` gives the same order (200).
    """
    placed = shop.check_out(
        visitor,
        parse_customer(form.model_dump(include={"name", "email", "address"})),
        key=idempotency_key or new_token(),
        seen_total_cents=form.total_cents,
    )
    response.status_code = 201 if placed.new else 200
    return show_order(shop, placed.number)


@router.get("/orders/{number}")
def show_order(shop: Open, number: str) -> Json:
    """
    Show one order and how far it is.
    """
    order = shop.order(number)
    return asdict(order) | {"total_cents": order.total_cents}


@router.get("/staff/stock")
def show_stock(shop: Open) -> Json:
    """
    Show what is left of everything.
    """
    with shop.pool.connection() as connection:
        return {product.slug: product.stock for product in catalogue.find_products(connection)}


@router.post("/staff/stock/{slug}")
def add_stock(shop: Open, slug: str, arrived: Pieces) -> Json:
    """
    Add to the stock.
    """
    shop.restock(slug, arrived.pieces)
    return asdict(shop.product(slug))


@router.get("/staff/orders")
def show_orders(shop: Open) -> Json:
    """
    Show the newest orders, how many are in each state, and the length of the queue.
    """
    with shop.pool.connection() as connection:
        latest = orders.latest_orders(connection)
        counts = orders.count_orders(connection)
    return {
        "orders": [asdict(order) for order in latest],
        "counts": counts,
        "queue": shop.queue.depth(),
    }


def _cart(bill: Bill) -> Json:
    return {
        "lines": [
            {
                "slug": line.product.slug,
                "name": line.product.name,
                "quantity": line.quantity,
                "unit_cents": line.product.price_cents,
                "cents": line.cents,
                "in_stock": not line.short,
            }
            for line in bill.lines
        ],
        "pieces": bill.pieces,
        "goods_cents": bill.goods_cents,
        "delivery_cents": bill.delivery_cents,
        "total_cents": bill.total_cents,
    }

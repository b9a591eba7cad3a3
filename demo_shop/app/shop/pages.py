"""
The pages, rendered on the server; they work without scripts.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from redis import RedisError

from shop import catalogue, orders
from shop.cart import new_token
from shop.customer import parse_customer
from shop.errors import EmptyCartError, InvalidFieldsError, PriceChangedError, ShopError
from shop.pricing import Bill
from shop.shop import Shop, shop_of
from shop.view import STYLE
from shop.visitors import Known, known_visitor, remember, token_for

router = APIRouter(default_response_class=HTMLResponse)

Open = Annotated[Shop, Depends(shop_of)]
Text = Annotated[str, Form(max_length=1000)]
Count = Annotated[int, Form(ge=0, le=1000)]
NO_FIELDS = {"name": "", "email": "", "address": ""}


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401
    """
    Render a template; every page shows how much is in the cart.
    """
    shop = shop_of(request)
    if "bill" not in values:
        values["cart_pieces"] = _pieces(shop, request)
    else:
        values["cart_pieces"] = values["bill"].pieces
    return HTMLResponse(request.app.state.templates.get_template(name).render(values), status)


def error_page(request: Request, error: ShopError) -> HTMLResponse:
    """
    Say what did not work, and the way on.
    """
    return page(request, "error.html", error.status, error=error)


@router.get("/")
def show_catalogue(
    request: Request,
    shop: Open,
    q: Annotated[str, Query(max_length=200)] = "",
    category: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """
    Show the catalogue, or what was searched.
    """
    with shop.pool.connection() as connection:
        found = catalogue.find_products(connection, query=q, category=category)
        categories = catalogue.find_categories(connection)
    return page(
        request, "catalogue.html", products=found, categories=categories, q=q, category=category
    )


@router.get("/products/{slug}")
def show_product(request: Request, shop: Open, slug: str) -> Response:
    """
    Show one product and its neighbours on the shelf.
    """
    product = shop.product(slug)
    with shop.pool.connection() as connection:
        shelf = catalogue.find_products(connection, category=product.category)
    others = [other for other in shelf if other.slug != slug]
    return page(request, "product.html", product=product, others=others)


@router.get("/cart")
def show_cart(request: Request, shop: Open, visitor: Known) -> Response:
    """
    Show the cart.
    """
    return page(request, "cart.html", bill=shop.bill(visitor))


@router.post("/cart/add")
def add_to_cart(shop: Open, visitor: Known, slug: Text, quantity: Count = 1) -> Response:
    """
    Put something into the cart, then show it.
    """
    token = token_for(visitor)
    shop.add_to_cart(token, slug, quantity)
    return _go("/cart", token)


@router.post("/cart/change")
def change_cart(shop: Open, visitor: Known, slug: Text, quantity: Count) -> Response:
    """
    Set how many of a product are in the cart; 0 takes it out.
    """
    token = token_for(visitor)
    shop.carts.put(token, slug if quantity == 0 else shop.product(slug).slug, quantity)
    return _go("/cart", token)


@router.get("/checkout")
def show_checkout(request: Request, shop: Open, visitor: Known) -> Response:
    """
    Show the form; it carries the key that makes sending it twice harmless.
    """
    bill = shop.bill(visitor)
    if not bill.lines:
        return _go("/cart", None)
    return _checkout_page(request, bill, NO_FIELDS, {}, key=new_token(), status=200)


@router.post("/checkout")
def check_out(
    request: Request,
    shop: Open,
    visitor: Known,
    key: Annotated[str, Form(min_length=8, max_length=100)],
    name: Text = "",
    email: Text = "",
    address: Text = "",
    total_cents: Annotated[int | None, Form()] = None,
) -> Response:
    """
    Order the cart, or show the form again with what is wrong.
    """
    fields = {"name": name, "email": email, "address": address}
    try:
        customer = parse_customer(fields)
        placed = shop.check_out(visitor, customer, key=key, seen_total_cents=total_cents)
    except InvalidFieldsError as error:
        bill = shop.bill(visitor)
        return _checkout_page(request, bill, fields, error.fields, key=key, status=error.status)
    except PriceChangedError as error:
        problems = {"total": error.message}
        bill = shop.bill(visitor)
        return _checkout_page(request, bill, fields, problems, key=key, status=error.status)
    except EmptyCartError:
        return _go("/cart", None)
    return _go(f"/orders/{placed.number}", None)


@router.get("/orders/{number}")
def show_order(request: Request, shop: Open, number: str) -> Response:
    """
    Show an order and how far it is; the page looks again by itself until it is shipped.
    """
    return page(request, "order.html", order=shop.order(number))


@router.get("/staff")
def show_staff(request: Request, shop: Open) -> Response:
    """
    Show stock and orders.
    """
    with shop.pool.connection() as connection:
        products = catalogue.find_products(connection)
        latest = orders.latest_orders(connection)
        counts = orders.count_orders(connection)
    return page(
        request,
        "staff.html",
        products=sorted(products, key=lambda product: (product.stock, product.name)),
        orders=latest,
        counts=counts,
        queue=shop.queue.depth(),
    )


@router.post("/staff/restock")
def restock(shop: Open, slug: Text, pieces: Count) -> Response:
    """
    Add to the stock.
    """
    shop.restock(slug, pieces)
    return _go("/staff#stock", None)


@router.get("/static/shop.css")
def style() -> Response:
    """
    Give the style sheet; its address changes with its content.
    """
    keep = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(STYLE, media_type="text/css", headers=keep)


def _checkout_page(
    request: Request,
    bill: Bill,
    fields: dict[str, str],
    problems: dict[str, str],
    *,
    key: str,
    status: int,
) -> Response:
    return page(
        request, "checkout.html", status, bill=bill, fields=fields, problems=problems, key=key
    )


def _go(path: str, token: str | None) -> Response:
    response = RedirectResponse(path, 303)
    if token:
        remember(response, token)
    return response


def _pieces(shop: Shop, request: Request) -> int:
    """
    Count what is in the cart; a page without the figure is better than none when the cache is away.
    """
    token = known_visitor(request.cookies.get("cart"))
    try:
        return sum(shop.carts.read(token).values())
    except RedisError:
        return 0

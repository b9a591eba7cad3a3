"""
Every "no" that the shop says on purpose.

``ShopError`` > ``NotFoundError``, ``OutOfStockError``, ``EmptyCartError``, ``PriceChangedError``,
``InvalidFieldsError``, ``ForeignOriginError``. Each knows its HTTP status and what a person can do.
"""


class ShopError(Exception):
    """
    Something that the customer can be told.
    """

    status = 400
    code = "bad_request"
    title = "That did not work"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFoundError(ShopError):
    """
    There is no such product, order or page.
    """

    status = 404
    code = "not_found"
    title = "Nothing on this shelf"


class OutOfStockError(ShopError):
    """
    Fewer pieces are left than were asked for.
    """

    status = 409
    code = "out_of_stock"
    title = "Someone was faster"

    def __init__(self, name: str, left: int) -> None:
        pieces = "is sold out" if left == 0 else f"has only {left} left"
        super().__init__(f"{name} {pieces}. Nothing was ordered; change your cart and try again.")
        self.left = left


class EmptyCartError(ShopError):
    """
    A checkout without anything in the cart.
    """

    status = 409
    code = "empty_cart"
    title = "Your cart is empty"

    def __init__(self) -> None:
        super().__init__("Put something into the cart before you check out.")


class PriceChangedError(ShopError):
    """
    The total is no longer the one that the customer saw.
    """

    status = 409
    code = "price_changed"
    title = "A price has changed"

    def __init__(self) -> None:
        super().__init__(
            "The total is not the one you saw. Nothing was ordered; please look again."
        )


class InvalidFieldsError(ShopError):
    """
    Input that cannot be used; ``fields`` maps each field to what is wrong with it.
    """

    status = 422
    code = "invalid"
    title = "Please look at the form again"

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in fields.items()))
        self.fields = fields


class ForeignOriginError(ShopError):
    """
    A form that another site sent.
    """

    status = 403
    code = "foreign_origin"
    title = "This form came from elsewhere"

    def __init__(self) -> None:
        super().__init__("Open the page in the shop itself and try again.")

"""
Who visits: the cart's cookie.
"""

from typing import Annotated

from fastapi import Cookie, Depends, Response

from shop.cart import KEPT_S, new_token, valid_token

COOKIE = "cart"


def known_visitor(cart: Annotated[str | None, Cookie()] = None) -> str | None:
    """
    Give the token of a visitor who has one.
    """
    return valid_token(cart)


Known = Annotated[str | None, Depends(known_visitor)]


def remember(response: Response, token: str) -> None:
    """
    Put the token into the visitor's cookie; scripts and other sites cannot use it.
    """
    response.set_cookie(
        COOKIE, token, max_age=KEPT_S, path="/", httponly=True, samesite="lax", secure=False
    )


def token_for(visitor: str | None) -> str:
    """
    Give the visitor's token, or a new one.
    """
    return visitor or new_token()

"""
The web application: routes, errors, and what wraps every request.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout
from redis import RedisError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from shop import __version__, api, pages
from shop.errors import InvalidFieldsError, NotFoundError, ShopError
from shop.health import what_is_wrong
from shop.settings import Settings
from shop.shop import Shop
from shop.traffic import Traffic
from shop.view import templates


class AwayError(ShopError):
    """
    Database or cache cannot be reached.
    """

    status = 503
    code = "away"
    title = "Back in a moment"


class BrokenError(ShopError):
    """
    A mistake of ours.
    """

    status = 500
    code = "broken"
    title = "We dropped something"


def create_app(settings: Settings) -> ASGIApp:
    """
    Build the application; its stores are opened when it starts.
    """

    @asynccontextmanager
    async def open_shop(app: FastAPI) -> AsyncIterator[None]:
        app.state.shop = shop = Shop.open(settings)
        yield
        shop.close()

    app = FastAPI(
        title="Kettle & Pine",
        version=__version__,
        lifespan=open_shop,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.templates = templates(settings)
    _add_probes(app, settings)
    app.include_router(api.router)
    app.include_router(pages.router, include_in_schema=False)
    _add_errors(app)
    # Around all of it: a middleware would not see the answer to a mistake of ours.
    return Traffic(app, release=settings.release)


def _add_probes(app: FastAPI, settings: Settings) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    def ready(request: Request, response: Response) -> dict[str, object]:
        shop: Shop = request.app.state.shop
        problems = what_is_wrong(shop.pool, shop.cache)
        response.status_code = 503 if problems else 200
        return {"status": "not ready" if problems else "ready", "problems": problems}

    @app.get("/version", include_in_schema=False)
    async def version() -> dict[str, str]:
        return {
            "environment": settings.environment,
            "release": settings.release,
            "version": __version__,
        }


def _add_errors(app: FastAPI) -> None:
    """
    Answer every error as a page, or as JSON under ``/api``.
    """
    app.add_exception_handler(ShopError, _on_no)
    app.add_exception_handler(RequestValidationError, _on_input)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(psycopg.DataError, _on_unusable)
    for away in (PoolTimeout, psycopg.OperationalError, RedisError):
        app.add_exception_handler(away, _on_away)
    app.add_exception_handler(Exception, _on_mistake)


# None of these is a coroutine: they run in threads, for rendering a page reads the cart.


def _on_no(request: Request, error: ShopError) -> Response:
    if not request.url.path.startswith("/api"):
        return pages.error_page(request, error)
    body: dict[str, object] = {"error": error.code, "message": error.message}
    if isinstance(error, InvalidFieldsError):
        body["fields"] = error.fields
    return JSONResponse(body, error.status)


def _on_input(request: Request, error: RequestValidationError) -> Response:
    fields = {str(each["loc"][-1]): str(each["msg"]) for each in error.errors()}
    return _on_no(request, InvalidFieldsError(fields))


def _on_http(request: Request, error: HTTPException) -> Response:
    if error.status_code == NotFoundError.status:
        return _on_no(request, NotFoundError("There is no such page."))
    no = ShopError(str(error.detail))
    no.status = error.status_code
    return _on_no(request, no)


def _on_unusable(request: Request, _error: psycopg.DataError) -> Response:
    return _on_no(request, ShopError("That contains something which no text can contain."))


def _on_away(request: Request, _error: Exception) -> Response:
    response = _on_no(request, AwayError("A part of the shop is restarting. Please try again."))
    response.headers["Retry-After"] = "2"
    return response


def _on_mistake(request: Request, _error: Exception) -> Response:
    return _on_no(request, BrokenError("This is our mistake, not yours; it is in our logs."))

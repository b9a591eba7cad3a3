"""
What wraps every request: one log line, safe headers, which release answered, and no forms from
other sites.
"""

import logging
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop.errors import ForeignOriginError
from shop.logs import facts

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz"})
OK_BELOW = 400
RELEASE = "X-Shop-Release"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

log = logging.getLogger("shop.web")


class Traffic:
    """
    The outermost layer of the application.
    """

    def __init__(self, app: ASGIApp, *, release: str) -> None:
        self._app = app
        self._headers = HEADERS | {RELEASE: release}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Answer one request.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        try:
            if is_foreign(scope["method"], Headers(scope=scope)):
                await _refuse(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        finally:
            _note(scope, status, (time.perf_counter() - began) * 1000)


def is_foreign(method: str, headers: Headers) -> bool:
    """
    Whether a browser says that another site sent this change. Programs send no Origin.
    """
    origin = headers.get("origin")
    if method in SAFE_METHODS or origin is None:
        return False
    return urlsplit(origin).netloc != headers.get("host")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = ForeignOriginError()
    body = {"error": error.code, "message": error.message}
    await JSONResponse(body, error.status)(scope, receive, send)


def _note(scope: Scope, status: int, took_ms: float) -> None:
    if scope["path"] in PROBES and status < OK_BELOW:
        return  # every few seconds, for ever: worth a line only when it says no
    about = facts(
        method=scope["method"], path=scope["path"], status=status, took_ms=round(took_ms, 1)
    )
    log.info("request", extra=about)

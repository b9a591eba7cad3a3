"""
Look at a published address as a visitor does.
"""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

_PATIENCE_S = 2.0


def front_page(address: str) -> str | None:
    """
    The page at *address* as a visitor gets it; ``None`` when there is none now.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "127.0.0.1", parts.port or http.client.HTTP_PORT
    connection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == http.client.OK else None

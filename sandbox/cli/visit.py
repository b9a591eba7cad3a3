"""
Look at a published address as a visitor does.
"""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

_PATIENCE_S = 2.0


def front_page(address: str) -> str | None:
    """
    The page at *address* as a visitor gets it; ``None`` when there is none now.
    """
    connection = http.client.HTTPConnection(*_host_and_port(address), timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if response.status == http.client.OK else None


def held_port(address: str) -> int | None:
    """
    The port of *address* if something accepts connections there, else ``None``.
    """
    host, port = _host_and_port(address)
    with socket.socket() as probe:
        probe.settimeout(_PATIENCE_S)
        return port if probe.connect_ex((host, port)) == 0 else None


def _host_and_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "127.0.0.1", parts.port or http.client.HTTP_PORT

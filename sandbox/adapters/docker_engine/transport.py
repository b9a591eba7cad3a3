"""
How docker-py reaches a Unix socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docker.transport import UnixHTTPAdapter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker.transport.unixconn import UnixHTTPConnectionPool

_ONE_FOR_ALL = "engine"


class SharedTransport(UnixHTTPAdapter):
    """
    Keeps one connection for all addresses, where docker-py keeps one for each of the last 25.

    Every container has an address of its own: without this a client held 25 sockets, and almost
    every call opened one more.
    """

    @override
    def get_connection(
        self, url: str | bytes, proxies: Mapping[str, str] | None = None
    ) -> UnixHTTPConnectionPool:
        """Give the only pool, whatever *url* is asked for."""
        return super().get_connection(_ONE_FOR_ALL, proxies)

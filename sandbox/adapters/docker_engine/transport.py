"""
How docker-py reaches a Unix socket.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, cast

from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from urllib3._base_connection import BaseHTTPConnection

_ONE_FOR_ALL = "engine"


def connect_unix(path: str, timeout_s: float) -> socket.socket:
    """
    Connect to the socket at *path*; nothing stays open when that fails.

    Raises:
        OSError: Nobody answers there.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    opened.settimeout(timeout_s)
    try:
        opened.connect(path)
    except OSError:
        opened.close()
        raise
    return opened


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
        del url, proxies
        pools = cast("MutableMapping[str, _Pool]", self.pools)
        if _ONE_FOR_ALL not in pools:
            pools[_ONE_FOR_ALL] = _Pool(_ONE_FOR_ALL, self.socket_path)
        return pools[_ONE_FOR_ALL]


class _Pool(UnixHTTPConnectionPool):
    @override
    def _new_conn(self) -> BaseHTTPConnection:
        return cast("BaseHTTPConnection", _Connection(self.base_url, self.socket_path))


class _Connection(UnixHTTPConnection):
    """
    Where docker-py leaves its socket open when nobody listens, this one closes it.
    """

    @override
    def connect(self) -> None:
        self.sock = connect_unix(self.unix_socket, self.timeout)

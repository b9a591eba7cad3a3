"""
How docker-py reaches a Unix socket.
"""

from __future__ import annotations

import select
import socket
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from docker import APIClient
from docker.transport import UnixHTTPAdapter
from docker.transport.unixconn import UnixHTTPConnection, UnixHTTPConnectionPool
from requests import Response
from requests.exceptions import ConnectionError as BrokenConnectionError
from requests.exceptions import ReadTimeout

from sandbox.override import override

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from http.client import HTTPResponse

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


class UnixClient(APIClient):
    """
    A client of docker-py that reads whole answers by a connection of its own.

    What `requests` prepares for one call takes three times as long as the call, and a look at an
    environment is a dozen of them.

    Args:
        path: Of the engine's socket.
        version: Of the API.
    """

    def __init__(self, path: str, version: str, *, timeout_s: int) -> None:
        super().__init__(base_url=f"unix://{path}", version=version)
        # Proxies and .netrc are for other servers; looking them up costs more than the call.
        self.trust_env = False
        self.mount("http+docker://", SharedTransport(path, timeout_s))
        self._reading = _Reading(path)

    @override
    def get(self, url: str | bytes, **options: Any) -> Response:
        """Read *url* at once, unless it is to be a stream."""
        if options.get("stream") or options.get("headers"):
            return super().get(url, **options)
        asked: Mapping[str, object] = options.get("params") or {}
        given = urlencode({name: each for name, each in asked.items() if each is not None})
        path = str(url).removeprefix(self.base_url)
        return self._reading.get(f"{path}?{given}" if given else path, options["timeout"])

    @override
    def close(self) -> None:
        """Close both connections; the next call opens another."""
        super().close()
        self._reading.close()


class _Reading(HTTPConnection):
    """
    A connection to the socket at *path* that stays open between two calls.
    """

    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = connect_unix(self._path, cast("float", self.timeout))

    def get(self, path: str, timeout_s: float | None) -> Response:
        """
        Give the whole answer to *path*.

        Raises:
            RequestException: There is none.
        """
        self.timeout = timeout_s
        try:
            self._renew()
            self.request("GET", path)
            return _response(self.getresponse())
        except BaseException as error:
            # Whatever it was: nothing may take the rest of this answer for the next one.
            self.close()
            if isinstance(error, TimeoutError):
                raise ReadTimeout(f"no answer within {timeout_s} s") from error
            if isinstance(error, OSError | HTTPException):
                raise BrokenConnectionError(error) from error
            raise

    def _renew(self) -> None:
        """Leave a connection that the engine has closed meanwhile."""
        if self.sock is None:
            return
        self.sock.settimeout(self.timeout)
        reading = select.poll()
        reading.register(self.sock, select.POLLIN)
        if reading.poll(0):
            self.close()


def _response(told: HTTPResponse) -> Response:
    """Make what `requests` would give, as far as docker-py looks at it."""
    response = Response()
    response.status_code, response.reason = told.status, told.reason
    response.headers.update(told.headers)
    response._content = told.read()  # noqa: SLF001 - it has no other way in
    return response

"""
Clients of one engine: where it is, one client for each use at a time, one time limit for each call.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from docker import APIClient
from docker.utils import version_lt

from sandbox.adapters.docker_engine.errors import (
    LIBRARY_ERRORS,
    NOT_FOUND,
    is_timeout,
    is_transport,
    status_of,
    translate,
)
from sandbox.adapters.docker_engine.shapes import (
    UNREADABLE,
    refuse_misfit,
    unreadable,
)
from sandbox.adapters.docker_engine.transport import UnixClient, connect_unix
from sandbox.errors import EngineError, EngineUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import requests

    from sandbox.adapters.docker_engine.api import Api
    from sandbox.adapters.docker_engine.shapes import Shape

Answer = TypeVar("Answer")

LOCAL_SOCKET = "unix:///var/run/docker.sock"
READ_S = 8
"""Seconds for a call that changes nothing; an engine that takes longer is as good as frozen."""
CHANGE_S = 120
"""Seconds for a call that changes something; a large container on a slow disk takes time."""
_OLDEST_VERSION = "1.24"
_NEWEST_VERSION = "1.51"
"""
The API up to which its answers are known here: that of Docker 28.5.

The client library stops at 1.45 by itself, but only sends what it is told and names the version.
"""


class Connections:
    """
    Clients of the engine at one address. Safe to use from several threads.

    A client of docker-py is not, so each use borrows one of its own and gives it back.

    Args:
        base_url: ``unix://`` or ``tcp://`` address; empty means ``DOCKER_HOST``, else the local
            socket. The active Docker context is not asked: it may be another machine's.
    """

    def __init__(self, base_url: str = "") -> None:
        self.base_url = base_url or os.environ.get("DOCKER_HOST", "") or LOCAL_SOCKET
        self._idle: list[Api] = []
        self._lock = threading.Lock()
        self._version = ""
        self.broken = 0
        """How often a connection broke: after that another engine may answer."""

    @contextmanager
    def calling(self, doing: str, *, timeout_s: int = READ_S) -> Generator[Api]:
        """
        Lend a client for calls of at most *timeout_s* seconds each.

        Raises:
            EngineError: Whatever docker-py raises inside, translated; *doing* begins its message.
        """
        client: Api | None = None
        try:
            client = self._borrow()
            client.timeout = timeout_s
            yield client
        except LIBRARY_ERRORS as error:
            if client is not None and is_transport(error):
                client.close()
                client = None
                self.broken += 1
                # What one of them met, the others would meet as well.
                self.close()
            raise translate(error, doing, self.base_url) from error
        except UNREADABLE as error:
            raise unreadable(doing, error) from error
        finally:
            if client is not None:
                self._give_back(client)

    def read(
        self,
        doing: str,
        call: Callable[[Api], Answer],
        shape: Shape,
        *,
        timeout_s: int = READ_S,
    ) -> Answer:
        """
        Call something that changes nothing, and once more when it failed for the moment.

        An engine that did not answer in time is not asked again: it is frozen. The answer has
        *shape*, else it is an error.
        """

        def ask() -> Answer:
            with self.calling(doing, timeout_s=timeout_s) as client:
                answer = call(client)
            refuse_misfit(doing, answer, shape)
            return answer

        try:
            return ask()
        except EngineError as error:
            absent = status_of(error) == NOT_FOUND
            if absent or not error.temporary or is_timeout(error.__cause__):
                raise
        return ask()

    @contextmanager
    def own(self, doing: str, *, timeout_s: int = READ_S) -> Generator[Api]:
        """Give a client that nobody else will have, for an answer that goes on."""
        opened: list[requests.Response] = []
        client: Api | None = None
        try:
            client = self._make()
            client.timeout = timeout_s
            client.hooks["response"] = [_keep_in(opened)]
            yield client
        except LIBRARY_ERRORS as error:
            self.broken += is_transport(error)
            raise translate(error, doing, self.base_url) from error
        finally:
            # A client forgets the answers that were not read to their end.
            for response in opened:
                response.close()
            if client is not None:
                client.close()

    def open_socket(self, timeout_s: float) -> socket.socket:
        """
        Connect to the engine for a stream in both directions.

        Raises:
            OSError: Nobody answers there.
        """
        address = urlsplit(self.base_url)
        if address.scheme == "unix":
            return connect_unix(address.netloc + address.path, timeout_s)
        return socket.create_connection((address.hostname, address.port or 2375), timeout_s)

    def version(self) -> str:
        """Newest API version that both sides speak."""
        if not self._version:
            self._give_back(self._make())
        return self._version

    def close(self) -> None:
        """Close what is open; clients that are lent out are closed by their users."""
        with self._lock:
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()

    def _borrow(self) -> Api:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._make()

    def _give_back(self, client: Api) -> None:
        with self._lock:
            self._idle.append(client)

    def _make(self) -> Api:
        self._check_address()
        client = self._client(self._version or "1.24")
        if self._version:
            return client
        try:
            answer = client.get(f"{client.base_url}/_ping", timeout=READ_S)
            answer.raise_for_status()
        finally:
            client.close()
        offered = answer.headers.get("Api-Version", _OLDEST_VERSION)
        self._version = offered if version_lt(offered, _NEWEST_VERSION) else _NEWEST_VERSION
        return self._make()

    def _client(self, version: str) -> Api:
        address = urlsplit(self.base_url)
        if address.scheme == "unix":
            path = address.netloc + address.path
            return cast("Api", UnixClient(path, version, timeout_s=READ_S))
        client = cast("Api", APIClient(base_url=self.base_url, version=version))
        # Proxies and .netrc are for other servers; looking them up costs more than the call.
        client.trust_env = False
        return client

    def _check_address(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme in {"unix", "tcp"}:
            return
        raise EngineUnreachableError(
            f"the engine's address {self.base_url!r} is neither unix:// nor tcp://",
            remedy="set DOCKER_HOST to the socket of an engine on this machine, or unset it",
        )


def _keep_in(opened: list[requests.Response]) -> Callable[..., None]:
    """Make a response hook that remembers what was opened."""

    def keep(response: requests.Response, **_: object) -> None:
        opened.append(response)

    return keep

"""
Visitors who keep asking for the front page while something happens to it.
"""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sandbox.ports import Clock

VISITORS = 4
_PAUSE_S = 0.05
_PATIENCE_S = 10.0


@dataclass(slots=True, kw_only=True)
class Visitors:
    """
    Ask *address* from several threads, on connections that are kept, as long as a block runs.

    Attributes:
        served: Requests that were answered well.
        failed: Requests that were not, or not at all.
    """

    address: str
    clock: Clock
    served: int = 0
    failed: int = 0
    _gone: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=self._visit, name=f"visitor-{number}", daemon=True)
            for number in range(VISITORS)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        for thread in self._threads:
            thread.join(timeout=_PATIENCE_S)

    def _visit(self) -> None:
        parts = urlsplit(self.address)
        host = parts.hostname or "127.0.0.1"
        connection = http.client.HTTPConnection(host, parts.port, timeout=_PATIENCE_S)
        while not self._gone.is_set():
            well = _is_served(connection)
            with self._lock:
                self.served += well
                self.failed += not well
            self.clock.sleep(_PAUSE_S)
        connection.close()


def _is_served(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    return response.status == http.client.OK

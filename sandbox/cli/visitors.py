"""
Visitors who keep asking for the front page while something happens to it.
"""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from sandbox.model.lab import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ports import Clock

VISITORS = 4
RELEASE_HEADER = "X-Shop-Release"
"""In which the shop says which release answers."""
_PAUSE_S = 0.05
_PATIENCE_S = 10.0


def _forget(_: Visit) -> None:
    """
    Nobody wants to know each visit.
    """


@dataclass(slots=True, kw_only=True)
class Visitors:
    """
    Ask *address* from several threads, on connections that are kept, as long as a block runs.

    Attributes:
        environment: What *address* is of.
        note: Told each visit, by the visitor's thread.
        served: Requests that were answered well.
        failed: Requests that were not, or not at all.
    """

    address: str
    clock: Clock
    environment: str = ""
    visitors: int = VISITORS
    pause_s: float = _PAUSE_S
    note: Callable[[Visit], None] = _forget
    served: int = 0
    failed: int = 0
    _gone: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=self._visit, name=f"visitor-{number}", daemon=True)
            for number in range(self.visitors)
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
            began = self.clock.monotonic()
            release, failure = _ask(connection)
            visit = Visit(
                at=self.clock.now(),
                seconds=round(self.clock.monotonic() - began, 4),
                environment=self.environment,
                release=release,
                failure=failure,
            )
            with self._lock:
                self.served += not failure
                self.failed += bool(failure)
            self.note(visit)
            self.clock.sleep(self.pause_s)
        connection.close()


def _ask(connection: http.client.HTTPConnection) -> tuple[str, str]:
    """
    Give which release answered and what went wrong; either may be empty.

    A kept connection may be closed in the moment in which it is used again. Nobody has begun to
    answer then, and a visitor asks once more, as browsers do (RFC 9110, 9.2.2).
    """
    was_kept = connection.sock is not None
    try:
        connection.request("GET", "/")
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        unanswered = isinstance(error, (http.client.RemoteDisconnected, BrokenPipeError))
        return _ask(connection) if was_kept and unanswered else ("", type(error).__name__)
    release = response.getheader(RELEASE_HEADER, "")
    return release, "" if response.status == http.client.OK else f"status {response.status}"

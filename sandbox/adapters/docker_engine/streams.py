"""
Answers that go on: ended from another thread when somebody says stop, or when they are silent.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    import requests

LOOK_S = 0.25
"""Seconds between two looks at whether to stop, where a person may wait for it."""
_HEADER_BYTES = 8
_CHUNK_BYTES = 16 * 1024


class Watch:
    """
    Ends an answer while another thread is blocked in reading it.

    Args:
        stop: Looked at every *look_s* seconds.
        silence_s: Longest time between two calls of `heard`; 0 for any.
    """

    def __init__(
        self, stop: Callable[[], bool], *, silence_s: float = 0.0, look_s: float = LOOK_S
    ) -> None:
        self._stop = stop
        self._look_s = look_s
        self._silence_s = silence_s
        self._heard_at = time.monotonic()
        self._done = threading.Event()
        self._response: requests.Response | None = None
        self.stopped = False
        self.silent = False

    def heard(self) -> None:
        """Something came: the answer is not silent."""
        self._heard_at = time.monotonic()

    def asked(self) -> bool:
        """Tell whether somebody says stop, now or before."""
        self.stopped = self.stopped or self._stop()
        return self.stopped

    def attach(self, response: requests.Response, *_: object, **__: object) -> None:
        """Watch this answer; fit to be a response hook of `requests`."""
        self._response = response

    @contextmanager
    def watching(self) -> Generator[None]:
        """Watch in a thread of its own until the block ends."""
        thread = threading.Thread(target=self._run, name="engine-stream", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._look_s):
            is_asked = self.asked()
            silent_s = time.monotonic() - self._heard_at
            self.silent = bool(self._silence_s) and silent_s > self._silence_s
            if (is_asked or self.silent) and self._response is not None:
                # Closing would wait for the reader; this lets its read return.
                self._response.raw.shutdown()
                return


class Readable(Protocol):
    """What frames are read from: a body that ends."""

    def read(self, amount: int, /) -> bytes:
        """Read *amount* bytes, or fewer at the end."""
        ...


def frames(body: Readable) -> Iterator[tuple[int, bytes]]:
    """
    Yield (stream, bytes) of a multiplexed body; stream 1 is stdout, 2 is stderr.

    Source:
        Docker Engine API, "Stream format" of attach.
    """
    while len(header := body.read(_HEADER_BYTES)) == _HEADER_BYTES:
        size = int.from_bytes(header[4:], "big")
        while size > 0 and (data := body.read(min(size, _CHUNK_BYTES))):
            size -= len(data)
            yield header[0], data


class Lines:
    """Cuts bytes of several streams into lines, each stream on its own."""

    def __init__(self) -> None:
        self._rests: dict[int, bytes] = {}

    def add(self, stream: int, data: bytes) -> Iterator[str]:
        """Yield the lines that *data* completes."""
        *whole, rest = (self._rests.pop(stream, b"") + data).split(b"\n")
        self._rests[stream] = rest
        yield from map(as_text, whole)

    def rest(self) -> Iterator[str]:
        """Yield the last line of each stream when it had no newline."""
        yield from (as_text(rest) for rest in self._rests.values() if rest)


def as_text(data: bytes) -> str:
    """Give the bytes of one line as text, whatever they are."""
    return data.decode("utf-8", "replace").removesuffix("\r")

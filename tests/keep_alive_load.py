"""
Clients that keep their connections and ask steadily, each answer checked against what was true.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CLIENTS = 8
PAUSE_S = 0.07


@dataclass(slots=True, kw_only=True)
class Load:
    """
    What clients got.

    Attributes:
        failures: What went wrong, in words; answers of the wrong server too.
        allowed: Names that may answer now.
    """

    address: str
    port: int
    answered: int = 0
    failures: list[str] = field(default_factory=list[str])
    allowed: frozenset[str] = frozenset()
    connections: int = 0
    _moves: int = 0

    def switching(self, names: frozenset[str]) -> None:
        """From now on *names* may answer as well."""
        self.allowed |= names

    def switched(self, names: frozenset[str]) -> None:
        """Of requests that begin from now on, nobody but *names* may answer."""
        self._moves += 1
        self.allowed = names

    async def client(self, ended: threading.Event) -> None:
        reader = writer = None
        while not ended.is_set():
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection(self.address, self.port)
                self.connections += 1
            keeps = False
            try:
                keeps = await asyncio.wait_for(self._ask(reader, writer), 10)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            if not keeps:
                writer.close()
                reader = writer = None
            await asyncio.sleep(PAUSE_S)
        if writer is not None:
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Ask once; tell whether the connection stays."""
        allowed, moves = self.allowed, self._moves
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        body = (await reader.readexactly(length)).decode()
        name = body.partition("\n")[0]
        # What became allowed while this was under way is right too; what was already forbidden
        # when it began is not.
        allowed |= self.allowed
        if not head.startswith("http/1.1 200") or name not in allowed:
            self.failures.append(f"{head.splitlines()[0]} by {name}, move {moves}")
        self.answered += 1
        return "connection: close" not in head


@contextmanager
def load(address: str, port: int, *names: str) -> Iterator[Load]:
    """Ask about a hundred times a second in the block; at first *names* may answer."""
    ground = Load(address=address, port=port, allowed=frozenset(names))
    ended = threading.Event()

    async def run() -> None:
        await asyncio.gather(*(ground.client(ended) for _ in range(CLIENTS)))

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        time.sleep(0.3)
        yield ground
        time.sleep(0.3)
    finally:
        ended.set()
        thread.join()

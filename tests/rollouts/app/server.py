"""
A small web service of one release. Its faults are its settings, so that a commit can break it.

On SIGTERM it takes no new connections, ends what is under way, and leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from urllib.parse import parse_qs, urlsplit

PORT = 8080
READY = "/tmp/ready"
GENERATION = os.environ.get("GENERATION", "")
ERRORS = int(os.environ.get("ERRORS") or 0)
"""Percent of the requests that fail, evenly spread."""
DELAY_S = float(os.environ.get("DELAY_S") or 0)
POST = os.environ.get("POST", "")
"""``fails``: every POST does."""
START = os.environ.get("START", "")
"""``crashes``: it ends at once. ``hangs``: it never becomes ready."""

PIECES = 20
EVENT_S = 0.2


class Server:
    def __init__(self) -> None:
        self.requests = 0
        self.stopping = asyncio.Event()
        self.busy: set[asyncio.Task[None]] = set()
        self.idle: set[asyncio.StreamWriter] = set()

    async def run(self) -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stopping.set)
        listener = await asyncio.start_server(self.connected, "0.0.0.0", PORT, backlog=1024)
        if START != "hangs":
            os.close(os.open(READY, os.O_CREAT | os.O_WRONLY))
        print(f"serving {GENERATION}")
        await self.stopping.wait()
        listener.close()
        for writer in self.idle:
            writer.close()
        while self.busy:
            await asyncio.wait(self.busy)
        print("served all")

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            while not self.stopping.is_set():
                self.idle.add(writer)
                head = await reader.readuntil(b"\r\n\r\n")
                self.idle.discard(writer)
                self.busy.add(task)
                keep = await self.serve(head.decode("latin-1"), reader, writer)
                self.busy.discard(task)
                if not keep:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.idle.discard(writer)
            self.busy.discard(task)
            writer.close()

    async def serve(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; give whether the connection can be used again."""
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        fields = {name.lower(): text.strip() for name, _, text in (s.partition(":") for s in lines)}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        self.requests += 1
        url = urlsplit(target)
        seconds = float(parse_qs(url.query).get("s", ["0"])[0])
        keep = fields.get("connection", "").lower() != "close" and not self.stopping.is_set()
        if url.path == "/events":
            await self.events(writer, seconds)
            return False
        if url.path == "/download":
            await self.download(writer, seconds)
            return False
        await asyncio.sleep(DELAY_S + seconds)
        broken = self.fails(method)
        said = {"generation": GENERATION, "received": len(body), "headers": fields}
        self.write(writer, 500 if broken else 200, json.dumps(said).encode(), keep=keep)
        await writer.drain()
        return keep

    def fails(self, method: str) -> bool:
        number = self.requests
        share = number * ERRORS // 100 != (number - 1) * ERRORS // 100
        return share or (method == "POST" and POST == "fails")

    def write(
        self, writer: asyncio.StreamWriter, status: int, body: bytes, *, keep: bool, length: int = 0
    ) -> None:
        lines = (
            f"HTTP/1.1 {status} {'OK' if status == 200 else 'Broken'}",
            "Content-Type: application/json",
            f"Content-Length: {length or len(body)}",
            f"X-Release: {GENERATION}",
            *(() if keep else ("Connection: close",)),
        )
        writer.write("\r\n".join((*lines, "", "")).encode() + body)

    async def download(self, writer: asyncio.StreamWriter, seconds: float) -> None:
        """Send a long body slowly; it is finished even when told to stop meanwhile."""
        piece = GENERATION.encode().ljust(4096, b".")
        self.write(writer, 200, piece, keep=False, length=len(piece) * (PIECES + 1))
        for _ in range(PIECES):
            await asyncio.sleep(seconds / PIECES)
            writer.write(piece)
            await writer.drain()

    async def events(self, writer: asyncio.StreamWriter, seconds: float) -> None:
        """Send events for so long, or until told to stop."""
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n"
            b"X-Release: %s\r\n\r\n" % GENERATION.encode()
        )
        for _ in range(int(seconds / EVENT_S)):
            if self.stopping.is_set():
                break
            event = f"data: {GENERATION}\n\n".encode()
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
            await asyncio.sleep(EVENT_S)
        writer.write(b"0\r\n\r\n")
        await writer.drain()


if START == "crashes":
    print("cannot read the settings: no such tea")
    sys.exit(3)
asyncio.run(Server().run())

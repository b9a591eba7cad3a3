"""One HTTP/1.1 exchange on a raw connection, checked byte by byte."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

NO_CONTENT = 204


class FailedError(Exception):
    """The request failed; the message is its kind, short and countable."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The two ends of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of an answer whose body came whole."""

    status: int
    headers: dict[str, str]

    @property
    def keeps(self) -> bool:
        """The connection can be used again."""
        return self.headers.get("connection", "").lower() != "close"

    @property
    def idle_s(self) -> float:
        """How long the other side says that it keeps the connection; without a word, for good."""
        name, _, seconds = self.headers.get("keep-alive", "").partition("=")
        return float(seconds) if name == "timeout" and seconds.isdecimal() else math.inf


async def connect(address: tuple[str, int]) -> Connection:
    """Open a connection, or fail."""
    try:
        return Connection(*await asyncio.open_connection(*address))
    except OSError as error:
        raise FailedError(f"connect: {_name(error)}") from error


async def exchange(connection: Connection, request: bytes) -> Reply:
    """
    Send *request* and read the whole answer.

    Raises:
        FailedError: No answer, or not a whole one.
    """
    try:
        connection.writer.write(request)
        await connection.writer.drain()
        head = await connection.reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise FailedError("cut in the head" if error.partial else "closed: no answer") from error
    except OSError as error:
        raise FailedError(f"closed: {_name(error)}") from error
    except asyncio.LimitOverrunError as error:
        raise FailedError("endless head") from error
    status, headers = _parse(head)
    try:
        await _read_body(connection.reader, status, headers)
    except asyncio.IncompleteReadError as error:
        raise FailedError("cut in the body") from error
    except OSError as error:
        raise FailedError(f"cut in the body: {_name(error)}") from error
    except ValueError as error:
        raise FailedError("malformed length") from error
    return Reply(status, headers)


def _parse(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdecimal():
        raise FailedError("malformed head")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.strip().lower(): text.strip() for name, _, text in pairs}


async def _read_body(reader: asyncio.StreamReader, status: int, headers: dict[str, str]) -> None:
    if status == NO_CONTENT:
        return
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    elif "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
    else:
        raise FailedError("body without a length")


def _name(error: OSError) -> str:
    """Python reports some refusals in plain OSErrors, several at once: the class is enough."""
    return type(error).__name__

"""
A steady load that does not wait: the next request is sent when it is due, whatever the last does.

Requests go over connections that are kept and used in turn; every tenth goes over one of its own.
A request on a kept connection that the other side has just closed is a failure too, unless it said
that it would close it by then.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tests.load.answer import Answer
from tests.load.exchange import Connection, FailedError, Reply, connect, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.load.target import Target

KEPT = 8
"""Connections that are kept to each address, more if that many requests are under way."""
FRESH_EVERY = 10
IN_FLIGHT_MAX = 1000
OK = range(200, 300)
PAUSE_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """
    How to ask.

    Attributes:
        rps: Requests per second, all targets together, in turn.
        generation_header: The header that says which release answered; empty: none is expected.
        timeout_s: After that many seconds a request has failed.
        retry_s: A failed request is repeated until that many seconds after it was due; what counts
            is how it ended at last.
    """

    rps: float
    generation_header: str = ""
    timeout_s: float = 10.0
    retry_s: float = 0.0


class _Idle(NamedTuple):
    """A connection that is kept, and until when on the loop's clock."""

    connection: Connection
    until: float


@dataclass(slots=True)
class Prober:
    """Asks *targets* in turn and tells *note* what came of each request, in order of their ends."""

    targets: Sequence[Target]
    manner: Manner
    note: Callable[[Answer], object]
    _idle: dict[tuple[str, int], deque[_Idle]] = field(default_factory=dict)
    _open: dict[tuple[str, int], int] = field(default_factory=dict)

    async def run(self, seconds: float, stop: asyncio.Event) -> None:
        """Ask for *seconds* or until *stop*, then wait for what is under way."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        under_way: set[asyncio.Task[None]] = set()
        for number in itertools.count():
            due = began + number / self.manner.rps
            if due >= began + seconds:
                break
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if stop.is_set():
                break
            if len(under_way) >= IN_FLIGHT_MAX:
                self.note(Answer(due, due, due, number % len(self.targets), "", "too many open"))
                continue
            task = asyncio.create_task(self._ask(number, due))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
        for each in itertools.chain(*self._idle.values()):
            each.connection.writer.close()

    async def _ask(self, number: int, due: float) -> None:
        time = asyncio.get_running_loop().time
        turn, index = divmod(number, len(self.targets))
        for attempt in itertools.count(1):
            sent, generation, failure = time(), "", ""
            try:
                async with asyncio.timeout(self.manner.timeout_s):
                    reply = await self._once(self.targets[index], fresh=turn % FRESH_EVERY == 0)
                generation, failure = self._judge(reply)
            except TimeoutError:
                failure = "timeout"
            except FailedError as error:
                failure = str(error)
            if not failure or time() - due >= self.manner.retry_s:
                self.note(Answer(due, sent, time(), index, generation, failure, attempt))
                return
            await asyncio.sleep(PAUSE_S)

    async def _once(self, target: Target, *, fresh: bool) -> Reply:
        if fresh:
            connection = await connect(target.address)
            try:
                return await exchange(connection, target.closing)
            finally:
                connection.writer.close()
        connection = await self._take(target.address)
        reply: Reply | None = None
        try:
            reply = await exchange(connection, target.kept)
        finally:
            if reply is not None and reply.keeps:
                until = asyncio.get_running_loop().time() + reply.idle_s
                self._idle[target.address].append(_Idle(connection, until))
            else:
                self._drop(target.address, connection)
        return reply

    async def _take(self, address: tuple[str, int]) -> Connection:
        """The connection that was idle longest, as soon as there are enough of them."""
        idle = self._idle.setdefault(address, deque())
        time = asyncio.get_running_loop().time
        while idle and self._open[address] >= KEPT:
            connection, until = idle.popleft()
            # Any client sees that the other side is gone before it asks, or keeps to what it said.
            closed = connection.reader.at_eof() or connection.writer.is_closing()
            if not closed and time() < until:
                return connection
            self._drop(address, connection)
        connection = await connect(address)
        self._open[address] = self._open.get(address, 0) + 1
        return connection

    def _drop(self, address: tuple[str, int], connection: Connection) -> None:
        self._open[address] -= 1
        connection.writer.close()

    def _judge(self, reply: Reply) -> tuple[str, str]:
        """Give who answered, and what is wrong with it."""
        name = self.manner.generation_header
        generation = reply.headers.get(name.lower(), "") if name else ""
        if reply.status not in OK:
            return generation, f"status {reply.status}"
        return generation, f"no {name}" if name and not generation else ""

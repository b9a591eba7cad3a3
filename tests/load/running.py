"""A prober in a process of its own, for as long as a block runs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tests.load.answer import Answer, read_answers
from tests.load.exchange import FailedError, connect, exchange
from tests.load.summary import Moment, Summary, summarise
from tests.load.target import parse
from tests.playground import until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.load.target import Target

END_S = 30.0
LONG_S = 3600.0


@dataclass(slots=True, kw_only=True)
class Load:
    """
    A load that runs.

    Attributes:
        log: Where the prober writes its answers.
    """

    log: Path
    moments: list[Moment] = field(default_factory=list[Moment])

    def announce(self, generation: str) -> None:
        """Say that *generation* may answer from now on; call it before the commit."""
        self.moments.append(Moment(at=time.monotonic(), generation=generation, settled=False))

    def settle(self, generation: str) -> None:
        """Say that nothing older may answer from now on; call it when the sync is reported done."""
        self.moments.append(Moment(at=time.monotonic(), generation=generation, settled=True))

    def answers(self) -> list[Answer]:
        """What came so far."""
        return read_answers(self.log.read_text())

    def summary(self, *, since: float = 0.0) -> Summary:
        """What it came to so far, of requests that were due at *since* or later."""
        answers = [answer for answer in self.answers() if answer.due >= since]
        return summarise(answers, self.moments)

    def await_more(self, number: int = 50) -> None:
        """Return when that many further requests have ended, so that what follows is under load."""
        enough = len(self.answers()) + number
        until(lambda: len(self.answers()) >= enough, "the load to go on", seconds=END_S)


@contextmanager
def running(
    log: Path,
    targets: Sequence[str],
    *,
    rps: float = 200.0,
    header: str = "X-Release",
    retry_s: float = 0.0,
) -> Iterator[Load]:
    """
    Ask *targets* in turn until the block ends, and let what is under way end.

    Begins when each of them was answered once, by whoever is behind it.
    """
    for target in map(parse, targets):
        until(partial(_is_answered, target), f"an answer to {target.text}", seconds=END_S)
    log.write_text("")
    command = [sys.executable, "-m", "tests.load", *targets]
    options = {"rps": rps, "header": header, "retry": retry_s, "seconds": LONG_S, "log": log}
    command += [f"--{name}={value}" for name, value in options.items()]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        load = Load(log=log)
        load.await_more()
        yield load
    finally:
        process.terminate()
        try:
            status = process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    assert status == 0, f"the prober ended with {status}"


def _is_answered(target: Target) -> bool:
    async def ask() -> bool:
        connection = await connect(target.address)
        try:
            await exchange(connection, target.closing)
        finally:
            connection.writer.close()
            await connection.writer.wait_closed()
        return True

    try:
        return asyncio.run(ask())
    except (FailedError, OSError):
        return False

"""
A socket in front of the engine's at which calls go wrong: for tests, and for people to try it.

    python -m tests.fault_proxy --mode lost --call 3
    DOCKER_HOST=unix:///… sandbox sync staging
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.engine_proxy import (
    ENGINE_SOCKET,
    AnsweredError,
    EngineProxy,
    Reply,
    Request,
    changes,
)


class Mode(StrEnum):
    """
    What goes wrong at a call.
    """

    REFUSED = "refused"
    LOST = "lost"
    TRUNCATED = "truncated"
    SERVER_ERROR = "500"
    CONFLICT = "409"
    NOT_FOUND = "404"
    SLOW = "slow"
    NEVER = "never"


MEANINGS: Final = {
    Mode.REFUSED: "the connection is cut before the engine gets the call",
    Mode.LOST: "the engine does it, and the answer is lost",
    Mode.TRUNCATED: "the engine does it, and half of the answer is lost",
    Mode.SERVER_ERROR: "the engine does nothing and answers 500",
    Mode.CONFLICT: "the engine does nothing and answers 409",
    Mode.NOT_FOUND: "the engine does nothing and answers 404",
    Mode.SLOW: "the engine gets the call so many seconds later",
    Mode.NEVER: "nobody answers",
}


@dataclass(slots=True, kw_only=True)
class Fault:
    """
    Goes wrong at the *number*-th call that *matches*, at each with 0; for `EngineProxy.before`.

    Attributes:
        seconds: How long a `SLOW` call waits.
        tell: Gets each request that it hits.
        hit: The requests that it hit.
    """

    mode: Mode
    number: int = 0
    matches: Callable[[Request], bool] = changes
    seconds: float = 5.0
    tell: Callable[[Request], object] = lambda _: None
    hit: list[Request] = field(default_factory=list[Request])
    _seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """
        Cut the connections of calls that nobody answers.
        """
        self._released.set()

    def __call__(self, request: Request) -> Reply | None:
        with self._lock:
            self._seen += self.matches(request)
            if not self.matches(request) or self.number not in {0, self._seen}:
                return None
            self.hit.append(request)
        self.tell(request)
        return self._go_wrong()

    def _go_wrong(self) -> Reply | None:
        match self.mode:
            case Mode.REFUSED:
                raise ConnectionAbortedError
            case Mode.LOST | Mode.TRUNCATED:
                return Reply(self.mode.value)
            case Mode.SLOW:
                time.sleep(self.seconds)
                return None
            case Mode.NEVER:
                self._released.wait()
                raise ConnectionAbortedError
            case _:
                raise AnsweredError(int(self.mode))


def main() -> None:
    """
    Listen until Ctrl-C.
    """
    modes = "; ".join(f"{mode}: {meaning}" for mode, meaning in MEANINGS.items())
    parser = argparse.ArgumentParser(prog="python -m tests.fault_proxy", description=__doc__)
    parser.add_argument("--mode", required=True, type=Mode, choices=[*Mode], help=modes)
    parser.add_argument("--call", type=int, default=0, help="only this one, counted from 1")
    parser.add_argument("--match", type=re.compile, help="calls such as 'POST /containers/create'")
    parser.add_argument("--seconds", type=float, default=5.0, help="how slow a slow call is")
    parser.add_argument("--engine", default=ENGINE_SOCKET, help="socket of the engine")
    told = parser.parse_args()
    pattern: re.Pattern[str] | None = told.match
    fault = Fault(
        mode=told.mode,
        number=told.call,
        matches=(lambda request: bool(pattern.search(request.text))) if pattern else changes,
        seconds=told.seconds,
        tell=lambda request: print(f"{told.mode}: {request.text}", file=sys.stderr, flush=True),
    )
    with (
        tempfile.TemporaryDirectory(prefix="fault-proxy-") as folder,
        EngineProxy.listening(Path(folder, "engine.sock"), told.engine, fault) as proxy,
    ):
        print(f"export DOCKER_HOST={proxy.url}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()

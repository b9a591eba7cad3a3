"""
Put a steady load on addresses, and say what came of it: ``python -m tests.load URL...``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.load.prober import Manner, Prober
from tests.load.summary import summarise
from tests.load.target import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.load.answer import Answer


def main() -> int:
    """Give 1 when a request failed and no log was asked for, which is judged by its reader."""
    options = _options()
    answers: list[Answer] = []
    if options.log is None:
        asyncio.run(_run(options, answers.append))
    else:
        with options.log.open("w", buffering=1) as log:
            asyncio.run(_run(options, lambda answer: log.write(answer.line())))
        return 0
    summary = summarise(answers)
    if options.json:
        print(json.dumps({**summary.document(), "cpu_s": time.process_time()}, indent=2))
    else:
        print(summary.text())
    return 1 if summary.failed else 0


async def _run(options: argparse.Namespace, note: Callable[[Answer], object]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    manner = Manner(
        rps=options.rps,
        generation_header=options.header,
        timeout_s=options.timeout,
        retry_s=options.retry,
    )
    await Prober([parse(text) for text in options.target], manner, note).run(options.seconds, stop)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("target", nargs="+", help="[METHOD ]URL[ BODY]; asked in turn")
    parser.add_argument("--rps", type=float, default=200.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--header", default="", help="header that says which release answered")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds for one request")
    parser.add_argument("--retry", type=float, default=0.0, help="repeat failures for that long")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--log", type=Path, help="write one line for each request instead")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""
Consoles that stay open after their use: to start one takes far longer than to ask it.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.adapters.haproxy.console import open_console

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.adapters.haproxy.console import Console, Converse

KEPT_S = 120.0
"""Seconds without an order after which a console is ended, when the next is put aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    console: Console
    ending: ExitStack
    since: float = field(default_factory=time.monotonic)


class Consoles:
    """
    Consoles of containers, at most one of each that nobody uses. Safe to use from several threads.

    Args:
        converse: Starts one.
    """

    def __init__(self, converse: Converse) -> None:
        self._converse = converse
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    @contextmanager
    def open(self, container_id: str) -> Generator[Console]:
        """
        Lend the console of a container; it is kept if nothing goes wrong.

        Raises:
            IngressError: The container does not run, or is silent for too long.
        """
        kept = self._take(container_id)
        # The same one each time: one inside another would be too deep to end one day.
        with kept.ending if kept else ExitStack() as ending:
            console = (
                kept.console
                if kept
                else ending.enter_context(open_console(self._converse, container_id))
            )
            yield console
            self._keep(container_id, _Kept(console=console, ending=ending.pop_all()))

    def close(self) -> None:
        """End those that nobody uses."""
        self._end(lambda _: True)

    def _take(self, container_id: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.pop(container_id, None)
        if kept and not kept.console.is_ready():  # its container ended, or the engine did
            kept.ending.close()
            return None
        return kept

    def _keep(self, container_id: str, kept: _Kept) -> None:
        with self._lock:
            before = self._kept.pop(container_id, None)
            self._kept[container_id] = kept
        if before:
            before.ending.close()
        # One of a container that ended would hold its connection until then.
        self._end(lambda each: each.since < kept.since - KEPT_S or not each.console.is_ready())

    def _end(self, is_old: Callable[[_Kept], bool]) -> None:
        with self._lock:
            ended = {name: each for name, each in self._kept.items() if is_old(each)}
            for name in ended:
                del self._kept[name]
        for each in ended.values():
            each.ending.close()

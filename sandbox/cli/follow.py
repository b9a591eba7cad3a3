"""
Run work in threads of its own, and meanwhile show how far it is.

The main thread only waits and shows, so that a deadline and Ctrl-C always work.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from sandbox.cli.display import display_for
from sandbox.delivery.syncing import advance, begin
from sandbox.errors import DeadlineError, SandboxError
from sandbox.render.progress import unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.cli.invocation import Invocation
    from sandbox.model.event import Event
    from sandbox.model.syncing import Syncing
    from sandbox.ports import Clock

T = TypeVar("T")

_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Ended(Generic[T]):
    """
    How one piece of work ended: with a result, or with an error.
    """

    name: str
    result: T | None = None
    error: BaseException | None = None

    def outcome(self) -> T | SandboxError:
        """
        Give the result or the expected error; raise an unexpected one.
        """
        if isinstance(self.error, SandboxError):
            return self.error
        if self.error is not None:
            raise self.error
        assert self.result is not None, "work without an error has a result"
        return self.result


def follow(
    invocation: Invocation,
    clock: Clock,
    works: Mapping[str, Callable[[Callable[[Event], None]], T]],
    *,
    timeout_s: float,
    steps: bool = True,
    name_width: int = 0,
) -> dict[str, T | SandboxError]:
    """
    Run *works* side by side, by environment, until each has ended.

    *steps* as in `display_for`; *name_width* is the least room for a name, in columns.

    Returns:
        The result of each, or the error that it raised.

    Raises:
        DeadlineError: Some had not ended after *timeout_s*; the message names what they waited
            for. Those go on in their threads until the process ends.
    """
    inbox: SimpleQueue[Event | Ended[T]] = SimpleQueue()
    for name, work in works.items():
        threading.Thread(target=_run, args=(name, work, inbox), name=name, daemon=True).start()
    running = {name: begin(name, clock.monotonic()) for name in works}
    results: dict[str, T | SandboxError] = {}
    deadline = clock.monotonic() + timeout_s
    width = max((name_width, *map(len, works)))
    display = display_for(invocation, width, steps=steps)
    try:
        while running:
            if clock.monotonic() > deadline:
                raise _too_late(running, timeout_s)
            for item in _arrived(inbox):
                if isinstance(item, Ended):
                    running.pop(item.name)
                    results[item.name] = item.outcome()
                else:
                    display.show(item)
                    now = clock.monotonic()
                    running = {name: advance(each, item, now) for name, each in running.items()}
            display.tick(tuple(running.values()), clock.monotonic())
    finally:
        display.close()
    return results


def _run(
    name: str,
    work: Callable[[Callable[[Event], None]], T],
    inbox: SimpleQueue[Event | Ended[T]],
) -> None:
    try:
        inbox.put(Ended(name, result=work(inbox.put)))
    except BaseException as error:  # noqa: BLE001 - it is raised again where people look
        inbox.put(Ended(name, error=error))


def _arrived(inbox: SimpleQueue[Event | Ended[T]]) -> list[Event | Ended[T]]:
    """
    Everything that has arrived; waits a moment for the first.
    """
    items: list[Event | Ended[T]] = []
    with suppress(Empty):
        items.append(inbox.get(timeout=_LOOK_S))
        while True:
            items.append(inbox.get_nowait())
    return items


def _too_late(running: Mapping[str, Syncing], timeout_s: float) -> DeadlineError:
    log = tuple(line for progress in running.values() for line in progress.output)
    return DeadlineError(
        f"not done after {timeout_s:g} s; {unfinished(tuple(running.values()))}",
        remedy="see where it stands: sandbox status; allow more time with --timeout",
        log=log[-10:],
    )

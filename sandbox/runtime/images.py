"""Images on their way: each is built or pulled once, whoever waits for it, and not thrown away."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.errors import CancelledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.ports import Clock

    Output = Callable[[str], None]
    Stop = Callable[[], bool]

LOOK_S: Final = 0.1
UNWANTED_S: Final = 1800.0
"""How long work that nobody waits for may go on."""
CLOSE_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageWork:
    """
    One image to build or to pull.

    Attributes:
        content: What it is by: equal content is the same work.
        name: Of the image without its version; of the work for one name that nobody waits for only
            the oldest goes on.
        tags: What the image is called afterwards.
        make: Does it; told where output goes and when to stop.
    """

    content: str
    name: str
    tags: frozenset[str]
    make: Callable[[Output, Stop], object]


@dataclass(slots=True, kw_only=True, eq=False)
class _Running:
    work: ImageWork
    listeners: list[Output]
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    left_at: float | None = None
    cancelled: bool = False


class Images:
    """The work that is under way in this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._threads: set[threading.Thread] = set()

    def obtain(self, work: ImageWork, output: Output, stop: Stop, clock: Clock) -> None:
        """
        Do *work*, or wait for it where it is under way.

        It goes on when *stop* says that nobody waits here any more: a newer commit mostly needs the
        same image, and what the builder has finished is in its cache. Of several for one name, the
        oldest goes on, for half an hour at most.

        Raises:
            CancelledError: *stop* said so.
            ImageError, EngineError: It failed.
        """
        if stop():
            raise CancelledError(f"stopped before: image {work.name}")
        running = self._join(work, output, clock)
        try:
            while not running.done.wait(LOOK_S):
                if stop():
                    raise CancelledError(f"no longer waited for: image {work.name}")
        finally:
            self._leave(running, output, clock)
        if running.error is not None:
            raise running.error
        if not work.tags <= running.work.tags:
            work.make(output, stop)  # the image is there; it gets its other names

    def close(self) -> None:
        """End everything that is under way, and wait for it a moment."""
        with self._lock:
            for running in self._running.values():
                running.cancelled = True
            threads = tuple(self._threads)
        deadline = time.monotonic() + CLOSE_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _join(self, work: ImageWork, output: Output, clock: Clock) -> _Running:
        with self._lock:
            running = self._running.get(work.content)
            if running and not running.cancelled:
                running.listeners.append(output)
                running.left_at = None
                return running
            running = _Running(work=work, listeners=[output])
            self._running[work.content] = running
            # A daemon thread: a controller that must end does not wait for a slow builder.
            thread = threading.Thread(
                target=self._run, args=(running, clock), name=f"image {work.name}", daemon=True
            )
            self._threads.add(thread)
            thread.start()
            return running

    def _leave(self, running: _Running, output: Output, clock: Clock) -> None:
        with self._lock:
            running.listeners.remove(output)
            if running.listeners or running.done.is_set():
                return
            running.left_at = clock.monotonic()
            unwanted = [
                each
                for each in self._running.values()  # in the order in which they began
                if each.left_at is not None
                and not each.cancelled
                and each.work.name == running.work.name
            ]
            for each in unwanted[1:]:
                each.cancelled = True

    def _run(self, running: _Running, clock: Clock) -> None:
        def tell(line: str) -> None:
            with self._lock:
                listeners = tuple(running.listeners)
            for listener in listeners:
                listener(line)

        def stop() -> bool:
            left_at = running.left_at
            late = left_at is not None and clock.monotonic() - left_at > UNWANTED_S
            return running.cancelled or late

        try:
            running.work.make(tell, stop)
        except BaseException as error:  # noqa: BLE001 - whoever waits for it must get it
            running.error = error
        with self._lock:
            if self._running.get(running.work.content) is running:
                del self._running[running.work.content]
            self._threads.discard(threading.current_thread())
            running.done.set()

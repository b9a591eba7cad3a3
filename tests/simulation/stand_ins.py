"""
What the runtime gets instead of threads, locks, queues and the time while it is simulated.

The names ``threading``, ``queue``, ``time`` and ``secrets`` of its modules lead here, and what its
dataclasses have kept of them. A port for threads was weighed against this: it would have given
every constructor of the runtime one more argument, and made none of it simpler.
"""

from __future__ import annotations

import importlib
import pkgutil
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from random import Random
from types import CellType, FunctionType, ModuleType, SimpleNamespace
from typing import Any

import sandbox.runtime
from tests.simulation.baton import Baton, KilledError, Task, Waiting
from tests.simulation.models import ENVIRONMENTS


class Thread:
    """`threading.Thread` as far as the runtime uses it."""

    def __init__(
        self,
        baton: Baton,
        *,
        target: Callable[..., object],
        args: Iterable[Any] = (),
        name: str = "",
        daemon: bool | None = None,
    ) -> None:
        assert daemon, "a controller that must end waits for no thread"
        self._baton = baton
        self._work = lambda: target(*args)
        self._name = name or baton.current.name
        self._task: Task | None = None

    def start(self) -> None:
        self._baton.turn()
        self._task = self._baton.start(self._baton.current.process, self._name, self._work)
        self._task.handle = self
        if self._name in ENVIRONMENTS:
            self._task.environment = ENVIRONMENTS[self._name]

    def join(self, timeout: float | None = None) -> None:
        assert self._task is not None
        self._baton.join(self._task, timeout)

    def is_alive(self) -> bool:
        return self._task is not None and self._task.alive


class Event:
    """`threading.Event`."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._is_set = False
        self._waiting: Waiting = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        self._baton.wake_all(self._waiting)
        self._baton.turn()

    def clear(self) -> None:
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        if self._is_set:
            self._baton.turn()
        else:
            self._baton.wait(self._waiting, timeout)
        return self._is_set


class Lock:
    """`threading.RLock`; as `threading.Lock` it fails where that would hang for ever."""

    def __init__(self, baton: Baton, *, again: bool) -> None:
        self._baton = baton
        self._again = again
        self._holder: Task | None = None
        self._depth = 0
        self._waiting: Waiting = []

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def acquire(self, timeout: float | None = None) -> bool:
        self._baton.turn()
        me = self._baton.current
        if self._holder is me:
            assert self._again, f"{me.name} waits for a lock that it holds"
        until = self._baton.now + (timeout or 0.0)
        while self._holder not in {None, me}:
            if timeout is None:
                self._baton.wait(self._waiting)
            elif self._baton.now >= until:
                return False
            else:
                self._baton.wait(self._waiting, until - self._baton.now)
        self._holder = me
        self._depth += 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._holder = None
            self._baton.wake_one(self._waiting)


class Condition:
    """`threading.Condition` with a lock of its own."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._lock = Lock(baton, again=True)
        self._waiting: Waiting = []

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        self._lock.release()
        try:
            return self._baton.wait(self._waiting, timeout)
        finally:
            self._take_back()

    def notify(self) -> None:
        self._baton.wake_one(self._waiting)

    def _take_back(self) -> None:
        try:
            self._lock.acquire()
        except KilledError:
            self._lock._depth += 1  # what surrounds it releases it


class SimpleQueue:
    """`queue.SimpleQueue`."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._items: deque[Any] = deque()
        self._waiting: Waiting = []

    def put(self, item: object) -> None:
        self._items.append(item)
        self._baton.wake_one(self._waiting)
        self._baton.turn()

    def get(self, timeout: float | None = None) -> Any:
        while not self._items:
            if not self._baton.wait(self._waiting, timeout) and not self._items:
                raise queue.Empty
        return self._items.popleft()

    def empty(self) -> bool:
        return not self._items


def stand_ins(baton: Baton, random: Random) -> dict[ModuleType, SimpleNamespace]:
    """Give what stands for each module."""
    made_of: dict[str, Callable[..., object]] = {
        "Thread": lambda **given: Thread(baton, **given),
        "Event": lambda: Event(baton),
        "Lock": lambda: Lock(baton, again=False),
        "RLock": lambda: Lock(baton, again=True),
        "Condition": lambda: Condition(baton),
        "current_thread": lambda: baton.current.handle,
    }
    return {
        threading: SimpleNamespace(**made_of),
        queue: SimpleNamespace(SimpleQueue=lambda: SimpleQueue(baton), Empty=queue.Empty),
        time: SimpleNamespace(monotonic=lambda: baton.now),
        secrets: SimpleNamespace(token_hex=lambda size: random.randbytes(size).hex()),
    }


@contextmanager
def simulated_runtime(baton: Baton, random: Random) -> Iterator[None]:
    """Have the runtime use the stand-ins in the block."""
    instead = stand_ins(baton, random)
    by_id: Mapping[int, object] = {
        id(getattr(real, name)): made
        for real, stand_in in instead.items()
        for name, made in vars(stand_in).items()
        if hasattr(real, name)
    }
    undo: list[tuple[Any, str, object]] = []

    def put(place: Any, name: str, value: object) -> None:
        undo.append((place, name, getattr(place, name)))
        setattr(place, name, value)

    for module in runtime_modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, ModuleType) and value in instead:
                put(module, name, instead[value])
        for cell in kept_cells(module):
            if id(cell.cell_contents) in by_id:
                put(cell, "cell_contents", by_id[id(cell.cell_contents)])
    try:
        yield
    finally:
        for place, name, value in reversed(undo):
            setattr(place, name, value)


@cache
def runtime_modules() -> list[ModuleType]:
    found = pkgutil.iter_modules(sandbox.runtime.__path__, f"{sandbox.runtime.__name__}.")
    return [importlib.import_module(each.name) for each in found]


def kept_cells(module: ModuleType) -> Iterator[CellType]:
    """What the constructors of the dataclasses of *module* have kept, such as ``Lock``."""
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            made = vars(value).get("__init__")
            if isinstance(made, FunctionType):
                yield from made.__closure__ or ()

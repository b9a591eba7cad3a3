"""
One baton: of all threads of a simulation only the one that holds it runs.

It changes hands where a thread calls a port, takes a lock, waits, sleeps, starts another or ends.
Who gets it is drawn from the seed. When all wait, time jumps to the next deadline, so that no run
depends on real time. The threads are greenlets: the operating system knows nothing of them, so a
hand-over costs no more than a call.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random
from typing import Final

from greenlet import getcurrent, greenlet

EPOCH: Final = 1_800_000_000.0
SWITCH: Final = 0.2
"""How likely the baton changes hands where it may, and need not."""
TURNS_MAX: Final = 200_000
"""So many turns without time passing are a loop that never ends."""

Waiting = list["Task"]


class KilledError(BaseException):
    """The process of this thread was killed: nothing of it may go on."""


class StuckError(Exception):
    """All threads wait, and nothing will ever wake one."""


class Process:
    """
    What ends at once: the threads of one run of the program.

    Attributes:
        killed: Each of its threads ends where it is.
        ended: Threads that wait for its end.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.killed = False
        self.tasks: list[Task] = []
        self.ended: Waiting = []


class Task:
    """One thread of a simulation; *number* is its own."""

    numbers = itertools.count()

    def __init__(self, process: Process, name: str, run: greenlet) -> None:
        self.number = next(self.numbers)
        self.process = process
        self.name = name
        self.run = run
        self.environment = ""
        self.handle: object = None
        self.alive = False
        self.enders: Waiting = []
        self.place: Waiting | None = None
        self.waits = 0
        self.is_waiting = False
        self.timed_out = False


class Baton:
    """
    The scheduler of one simulation.

    The thread that makes it holds it first, as the only one of a process of its own.

    Attributes:
        now: Seconds since the simulation began.
        log: What happened, a line each.
    """

    def __init__(self, random: Random) -> None:
        self.now = 0.0
        self.log: list[str] = []
        self._random = random
        self._tasks: list[Task] = []
        self._ready: list[Task] = []
        self._timers: list[tuple[float, int, Task | Callable[[], None], int]] = []
        self._numbers = itertools.count()
        self._turns = 0
        self._failure: BaseException | None = None
        self.outside = Process("outside")
        self.director = Task(self.outside, "director", getcurrent())
        self.director.alive = True
        self.current = self.director

    # threads

    def start(self, process: Process, name: str, work: Callable[[], object]) -> Task:
        """Begin a thread, which runs as soon as it gets the baton."""
        task = Task(process, name, greenlet(lambda *_: self._carry(task, work), self.director.run))
        task.environment = self.current.environment
        task.alive = True
        process.tasks.append(task)
        self._tasks.append(task)
        self._ready.append(task)
        return task

    def kill(self, process: Process) -> None:
        """End all threads of *process* where they are; the one that holds the baton too."""
        process.killed = True
        for task in process.tasks:
            if task.alive and task.is_waiting:
                self._wake(task)

    def close(self) -> None:
        """End all threads that are left; nothing of this simulation goes on afterwards."""
        self._failure = self._failure or KilledError()
        for task in [*self._tasks]:
            task.process.killed = True
            self.current = task
            task.run.switch()

    def join(self, task: Task, timeout_s: float | None) -> None:
        if task.alive:
            self.wait(task.enders, timeout_s)

    # where the baton changes hands

    def turn(self) -> None:
        """Let another thread go on here, if the seed says so."""
        me = self.current
        if me.process.killed:
            raise KilledError
        if self._ready and self._random.random() < SWITCH:
            self._ready.append(me)
            self._pass_on(me)

    def sleep(self, seconds: float) -> None:
        self.wait([], seconds)

    def wait(self, place: Waiting, timeout_s: float | None = None) -> bool:
        """Wait at *place* until somebody is woken there; false when the time was over first."""
        me = self.current
        if me.process.killed:
            raise KilledError
        me.waits += 1
        me.is_waiting = True
        me.timed_out = False
        me.place = place
        place.append(me)
        if timeout_s is not None:
            until = self.now + max(0.0, timeout_s)
            heapq.heappush(self._timers, (until, next(self._numbers), me, me.waits))
        self._pass_on(me)
        return not me.timed_out

    def wake_all(self, place: Waiting) -> None:
        """Wake everybody who waits at *place*; they run when they get the baton."""
        while place:
            self._wake(place[0])

    def wake_one(self, place: Waiting) -> None:
        if place:
            self._wake(place[0])

    def at(self, seconds: float, work: Callable[[], None]) -> None:
        """Have *work*, which must not wait, done in so many seconds."""
        until = self.now + max(0.0, seconds)
        heapq.heappush(self._timers, (until, next(self._numbers), work, 0))

    def _wake(self, task: Task) -> None:
        if task.place is not None:
            task.place.remove(task)
            task.place = None
        task.is_waiting = False
        task.waits += 1
        self._ready.append(task)

    def _pass_on(self, me: Task) -> None:
        following = self._next()
        self.current = following
        # A thread that ends goes on with the director, which passes the baton on for it.
        while self.current is not me:
            self.current.run.switch()
        if me.process.killed:
            raise KilledError
        if me is self.director and self._failure is not None:
            raise self._failure

    def _next(self) -> Task:
        if self._failure is not None:
            return self._rescue()
        self._turns += 1
        if self._turns > TURNS_MAX:
            self._failure = StuckError(f"a loop without end at {self.now:.3f} s: {self._where()}")
            return self._rescue()
        while not self._ready:
            if not self._timers:
                self._failure = StuckError(f"everything waits at {self.now:.3f} s: {self._where()}")
                return self._rescue()
            self._pass_time()
        ready = self._ready
        return ready.pop(self._random.randrange(len(ready)) if len(ready) > 1 else 0)

    def _pass_time(self) -> None:
        until, _, whom, number = heapq.heappop(self._timers)
        if isinstance(whom, Task) and (whom.waits != number or not whom.is_waiting):
            return
        if until > self.now:
            self.now = until
            self._turns = 0
        if isinstance(whom, Task):
            whom.timed_out = True
            self._wake(whom)
        else:
            whom()

    def _rescue(self) -> Task:
        """Let the director tell what went wrong."""
        if self.director in self._ready:
            self._ready.remove(self.director)
        elif self.director.place is not None:
            self.director.place.remove(self.director)
            self.director.place = None
        self.director.is_waiting = False
        return self.director

    def _where(self) -> str:
        return ", ".join(sorted(task.name for task in self.outside.tasks if task.alive))

    def _carry(self, task: Task, work: Callable[[], object]) -> None:
        try:
            if not task.process.killed:
                work()
        except KilledError:
            pass
        except BaseException as error:  # noqa: BLE001 - the director raises it again
            self._failure = self._failure or error
        task.alive = False
        task.process.tasks.remove(task)
        self._tasks.remove(task)
        self.wake_all(task.enders)
        if not task.process.tasks:
            self.wake_all(task.process.ended)
        self.current = self._next()

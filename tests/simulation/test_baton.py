"""
One thread runs at a time, time jumps, and a killed process is gone.
"""

from random import Random

import pytest

from tests.simulation.baton import Baton, Process, StuckError
from tests.simulation.stand_ins import Condition, Event, Lock, SimpleQueue


def run_two(seed: int) -> list[str]:
    """Have two threads do the same under one lock, and give what they did in order."""
    baton = Baton(Random(seed))
    lock, done, process = Lock(baton, again=False), Event(baton), Process("two")
    did: list[str] = []

    def work(name: str) -> None:
        for _ in range(3):
            with lock:
                did.append(f"{name} in")
                baton.turn()
                did.append(f"{name} out")
        baton.sleep(5.0)
        done.set()

    for name in ("a", "b"):
        baton.start(process, name, lambda name=name: work(name))  # type: ignore[misc] # bound early
    assert done.wait(100.0)
    baton.wait(process.ended, 100.0)
    assert baton.now == 5.0
    return did


def test_who_holds_a_lock_is_alone_whatever_the_seed() -> None:
    orders = [run_two(seed) for seed in range(20)]

    for did in orders:
        inside = [line for line in did if line.endswith("in")]
        assert len(inside) == 6
        for first, second in zip(did[::2], did[1::2], strict=True):
            assert (first[:1], first[2:], second[2:]) == (second[:1], "in", "out")
    assert len({tuple(did) for did in orders}) > 3
    assert run_two(7) == run_two(7)


def test_a_wait_ends_by_time_or_by_what_it_waits_for() -> None:
    baton = Baton(Random(1))
    items, event, process = SimpleQueue(baton), Event(baton), Process("one")

    def work() -> None:
        baton.sleep(2.0)
        items.put("late")

    baton.start(process, "late", work)

    assert not event.wait(1.0)
    assert items.get(timeout=10.0) == "late"
    assert baton.now == 2.0


def test_a_condition_lets_go_of_its_lock_while_it_waits() -> None:
    baton = Baton(Random(1))
    condition, process = Condition(baton), Process("one")
    ready: list[bool] = []

    def work() -> None:
        with condition:
            ready.append(True)
            condition.notify()

    baton.start(process, "other", work)
    with condition:
        while not ready:
            assert condition.wait(10.0)
    assert ready == [True]


def test_a_killed_process_does_nothing_any_more_wherever_it_waits() -> None:
    baton = Baton(Random(1))
    process, lock = Process("killed"), Lock(baton, again=False)
    did: list[str] = []

    def sleep() -> None:
        try:
            baton.sleep(50.0)
            did.append("slept")
        finally:
            baton.turn()
            did.append("cleaned up")

    def wait() -> None:
        with lock:
            Event(baton).wait()
        did.append("waited")

    baton.start(process, "sleeps", sleep)
    baton.start(process, "waits", wait)
    baton.sleep(1.0)
    baton.kill(process)
    assert baton.wait(process.ended, 10.0)

    assert (did, process.tasks, baton.now) == ([], [], 1.0)


def test_threads_that_wait_for_each_other_are_told() -> None:
    baton = Baton(Random(1))

    with pytest.raises(StuckError, match="everything waits"):
        Event(baton).wait()


def test_what_a_thread_raises_is_told_to_whoever_began_it() -> None:
    baton = Baton(Random(1))

    def fail() -> None:
        raise ValueError("a bug")

    baton.start(Process("one"), "fails", fail)

    with pytest.raises(ValueError, match="a bug"):
        baton.sleep(1.0)

import time

from sandbox.adapters.system_clock import SystemClock


def test_the_clock_is_the_machines() -> None:
    clock = SystemClock()

    assert abs(clock.now() - time.time()) < 1


def test_sleeping_takes_its_time_and_a_negative_number_takes_none() -> None:
    clock = SystemClock()
    began = clock.monotonic()

    clock.sleep(-5)
    clock.sleep(0.02)

    assert 0.02 <= clock.monotonic() - began < 4

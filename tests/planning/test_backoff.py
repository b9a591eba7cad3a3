import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.planning.backoff import delay_s, retry_delay_s, start_times

NOW = 10_000.0


def test_the_first_start_and_the_first_restart_come_at_once() -> None:
    assert delay_s([], NOW) == 0.0
    assert delay_s([NOW], NOW) == 0.0


@pytest.mark.parametrize(
    ("starts", "wait_s"), [(2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 32), (8, 60), (9, 60)]
)
def test_each_further_restart_waits_twice_as_long_up_to_a_minute(starts: int, wait_s: int) -> None:
    assert delay_s([NOW] * starts, NOW) == wait_s


def test_time_that_passed_since_the_last_start_counts() -> None:
    assert delay_s([NOW - 3] * 4, NOW) == 1.0
    assert delay_s([NOW - 5] * 4, NOW) == 0.0


def test_starts_older_than_ten_minutes_are_forgotten() -> None:
    assert delay_s([NOW - 601] * 11 + [NOW], NOW) == 0.0


def test_a_clock_that_was_set_back_does_not_lock_a_service_out() -> None:
    assert delay_s([NOW + 1_000_000] * 3, NOW) == 2.0


@given(st.lists(st.floats(0, 600), max_size=40))
def test_there_are_never_more_than_twelve_starts_in_ten_minutes(pauses: list[float]) -> None:
    now, starts = NOW, [NOW]
    for pause in pauses:
        now += pause / 50
        now += delay_s(starts, now)
        starts.append(now)
    for index in range(len(starts) - 12):
        assert starts[index + 12] - starts[index] >= 600 - 1e-6


def test_starts_count_from_what_was_made_or_stopped_last_in_their_place() -> None:
    steps = [
        ("start web-1", 1.0),
        ("start db-1", 2.0),
        ("stop web-1 (old)", 3.0),
        ("start web-1", 4.0),
        ("await web-1", 4.5),
        ("create network default", 5.0),
        ("start web-1", 6.0),
        ("create web-2", 7.0),
    ]
    assert start_times(steps) == {"web-1": [4.0, 6.0], "db-1": [2.0]}
    for cut in range(len(steps)):
        before = start_times(steps[:cut])
        assert start_times(steps[cut:], before) == start_times(steps)


def test_what_changes_all_the_time_or_began_long_ago_is_not_remembered() -> None:
    times: dict[str, list[float]] = {}
    for number in range(1000):
        steps = ("create web-1", "start web-1", "stop web-1 (old)", "start db-1")
        times = start_times(((each, 60.0 * number) for each in steps), times)
    assert times == {"db-1": [60.0 * number for number in range(990, 1000)]}


def test_a_container_that_was_only_made_and_removed_again_leaves_the_starts_counted() -> None:
    steps = [("start web-1", 1.0), ("create web-1", 2.0), ("remove web-1 (old)", 3.0)]
    assert start_times([*steps, ("start web-1", 4.0)]) == {"web-1": [1.0, 4.0]}


def test_a_failed_sync_is_tried_again_with_growing_pauses() -> None:
    assert [retry_delay_s(n) for n in (0, 1, 2, 3, 7, 500)] == [0, 1, 2, 4, 60, 60]

"""A slope is found through noise, and only what keeps on rising is not flat."""

from __future__ import annotations

import random

import pytest

from tests.soak.trend import Figure, Phase, rising, slope_of, table

MEMORY = Figure(name="memory", unit="MiB", tolerance=1.0, growth=0.5)
THREADS = Figure(name="threads", tolerance=0.0, growth=1.0)
JOURNAL = Figure(name="journal", unit="MiB")
FIGURES = (MEMORY, THREADS, JOURNAL)


def phase(memory: list[float], threads: list[float] | None = None) -> Phase:
    """A sample of each value, a hundred syncs apart."""
    steady = threads or [9.0] * len(memory)
    samples = [
        (100.0 * number, {"memory": each, "threads": other, "journal": each})
        for number, (each, other) in enumerate(zip(memory, steady, strict=True))
    ]
    return Phase(name="syncs", unit=1000, samples=list(samples))


def test_the_slope_of_a_line_is_its_own() -> None:
    places = [0.0, 1.0, 2.0, 7.0]
    assert slope_of(places, [3.0 - 2.0 * place for place in places]) == pytest.approx(-2.0)


def test_noise_around_a_line_moves_its_slope_little() -> None:
    chance = random.Random(1)
    places = [float(number) for number in range(200)]
    values = [0.5 * place + chance.uniform(-10, 10) for place in places]
    assert slope_of(places, values) == pytest.approx(0.5, abs=0.05)


def test_samples_at_one_place_have_no_slope() -> None:
    assert slope_of([5.0, 5.0], [1.0, 9.0]) == 0.0


def test_a_leak_is_named_with_its_slope_for_the_unit_of_the_phase() -> None:
    leak = phase([60.0 + 0.2 * number for number in range(21)])
    assert rising([leak], FIGURES) == [
        "syncs: memory rises by 2.00 per 1,000 syncs, tolerated are 1.00"
    ]


def test_what_rises_in_the_warm_up_only_is_flat() -> None:
    assert rising([phase([10.0, 30.0, 50.0, 60.0, 60.0, *[60.0] * 16])], FIGURES) == []


def test_one_thread_more_for_good_is_not_flat_and_one_now_and_then_is() -> None:
    grows = [9.0] * 10 + [10.0] * 10
    comes_and_goes = [9.0, 10.0] * 10
    memory = [60.0] * 20
    assert rising([phase(memory, comes_and_goes)], FIGURES) == []
    assert rising([phase(memory, grows)], FIGURES) == [
        "syncs: threads rises by 0.89 per 1,000 syncs, tolerated are 0.00"
    ]


def test_a_short_phase_cannot_tell_a_slope_from_its_noise() -> None:
    short = phase([60.0, 60.1, 60.2, 60.4])
    steep = short.lines([MEMORY])[0]
    assert steep.slope > 1.0
    assert steep.is_flat


def test_what_ends_in_the_warm_up_is_shown_and_not_judged() -> None:
    leak = phase([60.0 + number for number in range(21)])
    leak.warm_up = 1900
    assert rising([leak], FIGURES) == []
    assert table([leak], FIGURES)[1] == ("  memory (MiB)", "60.00", "80.00", "+10.00", "too short")
    leak.warm_up = 1800
    assert table([leak], FIGURES)[1] == ("  memory (MiB)", "78.00", "80.00", "+10.00", "NOT FLAT")


def test_what_falls_is_flat() -> None:
    assert rising([phase([60.0 - number for number in range(21)])], FIGURES) == []


def test_a_phase_without_work_has_no_lines() -> None:
    assert phase([]).lines(FIGURES) == ()


def test_one_sample_is_no_line_to_judge() -> None:
    assert [line.is_judged for line in phase([60.0]).lines(FIGURES)] == [False] * 3


def test_the_table_has_each_figure_below_its_phase() -> None:
    rows = table([phase([60.0 + 0.2 * number for number in range(21)])], FIGURES)
    assert rows == [
        ("2,000 syncs", "beginning", "end", "per 1,000", "verdict"),
        ("  memory (MiB)", "61.00", "64.00", "+2.00", "NOT FLAT"),
        ("  threads", "9.00", "9.00", "+0.00", "flat"),
        ("  journal (MiB)", "61.00", "64.00", "+2.00", ""),
    ]

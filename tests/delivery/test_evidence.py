"""
The tests of shares, against sums of exact fractions.
"""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.delivery.evidence import chance_of_difference, chance_of_share


def exact_share(hits: int, tries: int, share: Fraction) -> Fraction:
    return sum(
        (
            comb(tries, count) * share**count * (1 - share) ** (tries - count)
            for count in range(hits, tries + 1)
        ),
        Fraction(0),
    )


def exact_difference(hits: int, tries: int, other_hits: int, other_tries: int) -> Fraction:
    total = hits + other_hits
    ways = sum(
        comb(tries, count) * comb(other_tries, total - count)
        for count in range(hits, min(tries, total) + 1)
    )
    return Fraction(ways, comb(tries + other_tries, total))


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    tries, other_tries = draw(st.integers(0, 60)), draw(st.integers(0, 60))
    hits, other_hits = draw(st.integers(0, tries)), draw(st.integers(0, other_tries))
    return hits, tries, other_hits, other_tries


@given(tables(), st.integers(0, 100))
def test_the_chance_of_a_share_is_exact_where_it_is_evidence(
    table: tuple[int, int, int, int], percent: int
) -> None:
    hits, tries, *_ = table
    expected = exact_share(hits, tries, Fraction(percent, 100))

    found = chance_of_share(hits, tries, percent / 100)

    if hits > tries * percent / 100:
        assert found == pytest.approx(float(expected), rel=1e-6, abs=1e-300)
    else:
        assert found == 1.0


@given(tables())
def test_the_chance_of_a_difference_is_exact_where_it_is_evidence(
    table: tuple[int, int, int, int],
) -> None:
    hits, tries, other_hits, other_tries = table

    found = chance_of_difference(*table)

    if hits * other_tries > other_hits * tries:
        assert found == pytest.approx(float(exact_difference(*table)), rel=1e-6)
    else:
        assert found == 1.0


def test_without_tries_nothing_is_evidence() -> None:
    assert chance_of_share(0, 0, 0.0) == 1.0
    assert chance_of_difference(5, 5, 0, 0) == 1.0
    assert chance_of_difference(0, 0, 5, 5) == 1.0


def test_millions_of_tries_are_no_problem() -> None:
    assert chance_of_share(60_000, 1_000_000, 0.05) < 1e-100
    assert 0.001 < chance_of_share(10_100, 1_000_000, 0.01) < 0.5
    assert chance_of_difference(60_000, 1_000_000, 450_000, 9_000_000) < 1e-100

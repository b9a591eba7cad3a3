"""What visitors got over time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sandbox.delivery.lab_service import UNKNOWN_AFTER_S, Service, stretches
from sandbox.model.lab import Visit
from tests.lab_recordings import BEGAN, NEW, OLD, visit

Told = tuple[str, str, float, float]


def told(*visits: Visit, seconds: float = 10.0, moment_s: float = 0.1) -> list[Told]:
    """Service, release, beginning and end of each stretch, to a tenth of a second."""
    found = stretches(visits, BEGAN, BEGAN + seconds, moment_s=moment_s)
    return [
        (
            each.service.value,
            each.release,
            round(each.began_at - BEGAN, 1),
            round(each.ended_at - BEGAN, 1),
        )
        for each in found
    ]


def asked(first: float, last: float, release: str = OLD, failure: str = "") -> list[Visit]:
    """A request every half second."""
    count = round((last - first) * 2)
    return [visit(first + number / 2, release, failure=failure) for number in range(count)]


def test_a_release_serves_from_its_first_answer_to_that_of_the_next() -> None:
    found = told(*asked(0, 4), *asked(4, 10, NEW))
    assert found == [("served", OLD, 0, 4), ("served", NEW, 4, 10)]


def test_an_outage_lasts_from_the_first_lost_request_to_the_first_answer() -> None:
    found = told(*asked(0, 4), *asked(4, 6, failure="status 503"), *asked(6, 10))
    assert found == [("served", OLD, 0, 4), ("out", "", 4, 6), ("served", OLD, 6, 10)]


def test_a_time_in_which_nobody_asked_is_unknown_and_no_outage() -> None:
    found = told(*asked(0, 4), *asked(8, 10))
    assert found == [("served", OLD, 0, 3.5), ("unknown", "", 3.5, 8), ("served", OLD, 8, 10)]


def test_an_outage_ends_as_unknown_when_nobody_asks_any_more() -> None:
    found = told(*asked(0, 3), *asked(3, 4, failure="timeout"))
    assert found == [("served", OLD, 0, 3), ("out", "", 3, 3.5), ("unknown", "", 3.5, 10)]


def test_a_request_that_waits_for_long_and_fails_is_an_outage_and_not_unknown() -> None:
    slow = Visit(at=BEGAN + 9.5, seconds=5.9, environment="production", failure="timeout")
    assert told(*asked(0, 4), slow) == [("served", OLD, 0, 3.6), ("out", "", 3.6, 10)]


def test_requests_that_wait_for_long_are_an_outage_although_they_are_served_in_the_end() -> None:
    slow = Visit(at=BEGAN + 9.5, seconds=5.9, environment="production", release=OLD)
    assert told(*asked(0, 4), slow) == [
        ("served", OLD, 0, 3.6),
        ("out", "", 3.6, 9.5),
        ("served", OLD, 9.5, 10),
    ]
    others = asked(4, 10, OLD)
    assert told(*asked(0, 4), *sorted([slow, *others], key=lambda each: each.at)) == [
        ("served", OLD, 0, 10)
    ]


def test_one_lost_request_among_served_ones_is_no_outage() -> None:
    found = told(*asked(0, 10), visit(4.01, failure="timeout"), moment_s=0.5)
    assert found == [("served", OLD, 0, 10)]


def test_nothing_recorded_is_unknown_and_an_empty_time_has_no_stretch() -> None:
    assert told() == [("unknown", "", 0, 10)]
    assert told(seconds=1) == [("unknown", "", 0, 1)]
    assert told(visit(0), seconds=0) == []


@given(
    ends=st.lists(
        st.tuples(
            st.floats(-1, 31), st.floats(0.01, 12), st.sampled_from([OLD, NEW]), st.booleans()
        ),
        max_size=30,
    ),
    moment_s=st.sampled_from([0.05, 0.5, 3.0]),
)
def test_stretches_cover_the_time_once_and_neighbours_differ(
    ends: list[tuple[float, float, str, bool]], moment_s: float
) -> None:
    visits = [
        Visit(
            at=BEGAN + at,
            seconds=seconds,
            environment="production",
            release="" if failed else release,
            failure="timeout" if failed else "",
        )
        for at, seconds, release, failed in sorted(ends)
    ]
    found = stretches(visits, BEGAN, BEGAN + 30, moment_s=moment_s)
    edges = [BEGAN, *(each.ended_at for each in found)]
    assert [each.began_at for each in found] == edges[:-1]
    assert edges[-1] == BEGAN + 30
    assert all(each.began_at < each.ended_at for each in found)
    kinds = [(each.service, each.release) for each in found]
    assert all(one != other for one, other in pairwise(kinds))
    for each in found:
        if each.service is Service.UNKNOWN and each.ended_at - each.began_at > UNKNOWN_AFTER_S:
            inside = (v for v in visits if each.began_at < v.at < each.ended_at)
            assert not list(inside)

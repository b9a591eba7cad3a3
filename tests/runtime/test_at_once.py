"""Several things at once: answers in order, all of them under way together, errors raised."""

from __future__ import annotations

from threading import Barrier, active_count

import pytest

from sandbox.runtime.at_once import at_once

WAIT_S = 30.0


def test_all_are_under_way_together_and_answers_are_in_order() -> None:
    together = Barrier(3)

    def work(item: int) -> int:
        together.wait(WAIT_S)
        return 10 * item

    assert at_once(work, (1, 2, 3)) == (10, 20, 30)
    assert at_once(work, ()) == ()


def test_the_first_error_is_raised_once_all_have_ended() -> None:
    ended = list[int]()

    def work(item: int) -> None:
        ended.append(item)
        if item:
            raise ValueError(f"no {item}")

    before = active_count()
    with pytest.raises(ValueError, match="no 1"):
        at_once(work, (0, 1, 2))
    assert sorted(ended) == [0, 1, 2]
    assert active_count() == before

import time

import pytest

from shop.patience import Patience


class AwayError(Exception):
    pass


class Store:
    def __init__(self, away: int) -> None:
        self.away = away
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.away:
            raise AwayError
        return "tea"


def test_a_request_waits_until_the_store_is_back() -> None:
    store = Store(away=2)

    assert Patience(AwayError)(store) == "tea"
    assert store.asked == 3


def test_a_store_that_stays_away_is_waited_for_once_and_not_by_every_request() -> None:
    patience, store = Patience(AwayError, patience_s=0.3), Store(away=1000)
    began = time.monotonic()
    with pytest.raises(AwayError):
        patience(store)
    waited_s, asked = time.monotonic() - began, store.asked

    for _ in range(3):
        with pytest.raises(AwayError):
            patience(store)

    assert waited_s >= 0.3
    assert store.asked == asked + 3


def test_a_store_that_was_back_is_waited_for_again() -> None:
    patience = Patience(AwayError, patience_s=0.3)
    with pytest.raises(AwayError):
        patience(Store(away=1000))
    assert patience(Store(away=0)) == "tea"

    assert patience(Store(away=1)) == "tea"


def test_a_mistake_is_not_repeated() -> None:
    asked = []

    def wrong() -> None:
        asked.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        Patience(AwayError)(wrong)

    assert asked == [1]

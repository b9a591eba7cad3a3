"""What is kept is bounded by its weight, and by when it was last used."""

from __future__ import annotations

import time

import pytest

from sandbox.adapters.git_repository.cache import BoundedCache


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_of_too_heavy_values_the_one_used_longest_ago_goes() -> None:
    cache: BoundedCache[str, str] = BoundedCache(4, len)
    cache.put("a", "xx")
    cache.put("b", "yy")
    cache.get("a")
    cache.put("c", "z")

    assert [cache.get(key) for key in "abc"] == ["xx", None, "z"]


def test_what_is_heavier_than_all_that_may_be_kept_is_not_kept() -> None:
    cache: BoundedCache[str, str] = BoundedCache(4, len)
    cache.put("a", "xx")
    cache.put("b", "yyyyy")

    assert [cache.get(key) for key in "ab"] == ["xx", None]


def test_what_nobody_used_for_long_goes_and_what_is_used_stays(clock: list[float]) -> None:
    cache: BoundedCache[str, str] = BoundedCache(100, kept_s=10.0)
    cache.put("old", "x")
    cache.put("used", "y")
    clock[0] = 8.0
    cache.get("used")
    clock[0] = 16.0

    assert [cache.get(key) for key in ("used", "old")] == ["y", None]


def test_weight_counts_no_more_after_it_went(clock: list[float]) -> None:
    cache: BoundedCache[str, str] = BoundedCache(4, len, kept_s=10.0)
    cache.put("old", "xxxx")
    clock[0] = 11.0
    cache.put("a", "xx")
    cache.put("b", "yy")

    assert [cache.get(key) for key in ("old", "a", "b")] == [None, "xx", "yy"]

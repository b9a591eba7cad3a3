"""
A sync that replaces containers and is killed with SIGKILL, at any call, is completed by the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_state import end_state, job_runs
from tests.playground import small
from tests.scenarios.crashing import Killer, crash_site, points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.crashing import CrashSite

pytestmark = pytest.mark.engine

CALLS = 9
"""Two containers: create, the second network of one of them, stop, start, remove."""
GREETINGS = ("hello", "goodbye")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashSite]:
    yield from crash_site(tmp_path_factory.mktemp("crash"))


@pytest.fixture(scope="module")
def undisturbed(site: CrashSite) -> dict[str, dict[str, Any]]:
    states: dict[str, dict[str, Any]] = {}
    commit(site, "hello")
    site.ground.sandbox("sync", "staging")
    for greeting in ("goodbye", "hello"):
        commit(site, greeting)
        assert site.count("sync", "staging") == CALLS, "every call of it is a point below"
        states[greeting] = end_state(site.ground)
    return states


def commit(site: CrashSite, greeting: str) -> None:
    limit = 64 + 16 * GREETINGS.index(greeting)
    text = small(greeting=greeting).replace("mem_limit: 64m", f"mem_limit: {limit}m")
    site.ground.commit_environment(text)


@pytest.mark.parametrize(("number", "when"), points(CALLS))
def test_killed_at_a_call_it_is_completed_by_the_next(
    site: CrashSite, undisturbed: dict[str, dict[str, Any]], number: int, when: str
) -> None:
    (now,) = (greeting for greeting in GREETINGS if undisturbed[greeting] == end_state(site.ground))
    (other,) = {*GREETINGS} - {now}
    commit(site, other)
    site.crash(Killer(number=number, when=when), "sync", "staging")
    site.ground.sandbox("sync", "staging")
    assert end_state(site.ground) == undisturbed[other]
    assert job_runs(site.ground) == 1
    site.assert_well()

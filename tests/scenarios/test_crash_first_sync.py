"""
A first sync that is killed with SIGKILL, at any call, is completed by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_state import end_state, job_runs
from tests.playground import small
from tests.scenarios.crashing import DURING, Killer, crash_site, points, probes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.crashing import CrashSite

pytestmark = pytest.mark.engine

CALLS = 10
"""A volume, two networks, three containers, the second network of one of them, three starts."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashSite]:
    yield from crash_site(tmp_path_factory.mktemp("crash"))


@pytest.fixture(scope="module")
def undisturbed(site: CrashSite) -> dict[str, Any]:
    site.ground.commit_environment(small())
    assert site.count("sync", "staging") == CALLS, "every call of it is a point below"
    state = end_state(site.ground)
    site.ground.sandbox("down", "staging", "--volumes")
    return state


def recover(site: CrashSite, undisturbed: dict[str, Any]) -> None:
    site.ground.sandbox("sync", "staging")
    assert end_state(site.ground) == undisturbed
    assert job_runs(site.ground) == 1
    site.assert_well()
    site.ground.sandbox("down", "staging", "--volumes")
    left = (site.ground.containers(), site.ground.networks(), site.ground.volumes())
    assert left == ([], [], [])


@pytest.mark.parametrize(("number", "when"), points(CALLS))
def test_killed_at_a_call_it_is_completed_by_the_next(
    site: CrashSite, undisturbed: dict[str, Any], number: int, when: str
) -> None:
    site.crash(Killer(number=number, when=when), "sync", "staging")
    recover(site, undisturbed)


@pytest.mark.parametrize("number", [1, 3])
def test_killed_at_a_probe_it_is_completed_by_the_next(
    site: CrashSite, undisturbed: dict[str, Any], number: int
) -> None:
    site.crash(Killer(number=number, when=DURING, kind=probes), "sync", "staging")
    recover(site, undisturbed)


def test_killed_again_and_again_it_is_completed_in_the_end(
    site: CrashSite, undisturbed: dict[str, Any]
) -> None:
    for number in (2, 2, 1, 3):
        site.crash(Killer(number=number, when=DURING), "sync", "staging")
    recover(site, undisturbed)

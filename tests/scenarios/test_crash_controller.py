"""
A controller in the background that is killed with SIGKILL in mid-sync is followed by another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_state import end_state, job_runs
from tests.playground import small, until
from tests.scenarios.crashing import DURING, Killer, crash_site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scenarios.crashing import CrashSite

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashSite]:
    yield from crash_site(tmp_path_factory.mktemp("crash"))


def test_killed_in_mid_sync_it_is_followed_by_another(site: CrashSite) -> None:
    ground = site.ground
    ground.commit_environment(small())
    ground.sandbox("sync", "staging")
    undisturbed = end_state(ground)
    ground.sandbox("down", "staging", "--volumes")

    lock = ground.folder / ".git/sandbox/lock"
    killer = Killer(number=7, when=DURING)
    killer.victim = lambda: int(lock.read_text().rpartition("process ")[2].partition(",")[0])
    site.proxy.before = killer
    interrupted = ground.sandbox("up", "staging", status=1, seconds=30)
    site.proxy.before = None
    assert len(killer.calls) >= 7, "it was killed in mid-sync"
    assert "controller" in interrupted.stderr

    ground.sandbox("up", "staging")
    until(lambda: ground.status()["health"] == "healthy", "healthy")
    assert end_state(ground) == undisturbed
    assert job_runs(ground) == 1
    ground.sandbox("down", "staging", "--volumes")

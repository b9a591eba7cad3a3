"""
Whatever a stranger does to what runs is named by the plan, and healed by a sync.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_state import container_ids, end_state, job_runs
from tests.playground import Playground, engine, playground, small
from tests.scenarios import stranger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """
    One thing that a stranger does.

    Attributes:
        named: Pattern of the reason that the plan must give, by target.
        replaced: Services that get another container; all others keep theirs.
        job_runs: How often the job runs again: only when nothing shows any more that it ran.
    """

    act: Callable[[stranger.Stranger], None]
    named: dict[str, str]
    replaced: frozenset[str] = field(default=frozenset())
    job_runs: int = 0


WEB = frozenset({"web"})
KINDS = (
    Drift(
        act=stranger.limit_memory,
        named={"web-1": "memory limit changed by hand: 64 MiB -> 96 MiB"},
        replaced=WEB,
    ),
    Drift(
        act=stranger.limit_processors,
        named={"web-1": "processor limit changed by hand: unlimited -> 0.5 cpus"},
        replaced=WEB,
    ),
    Drift(
        act=stranger.restart_always,
        named={"web-1": "restart policy changed by hand: no -> always"},
        replaced=WEB,
    ),
    Drift(act=stranger.detach_one, named={"web-1": "disconnected by hand from network .*_back$"}),
    Drift(
        act=stranger.detach_all,
        named={"web-1": "disconnected by hand from network .*_(back|front)$"},
    ),
    Drift(act=stranger.attach, named={"db-1": "attached by hand to network .*_front"}),
    Drift(
        act=stranger.lose_aliases, named={"web-1": "names on network .*_back were changed by hand"}
    ),
    Drift(
        act=stranger.rename,
        named={"web-1": "renamed by hand: play-staging-.*-web-1-.* -> stranger-"},
    ),
    Drift(
        act=stranger.swap_names,
        named={"web-1": "-web-1-.* -> .*-db-1", "db-1": "-db-1.* -> .*-web-1-"},
    ),
    Drift(act=stranger.pause, named={"web-1": "paused by hand"}),
    Drift(
        act=stranger.pause_and_detach,
        named={"web-1": "paused by hand|disconnected by hand from network .*_back$"},
    ),
    Drift(act=stranger.stop, named={"web-1": "exited with code"}),
    Drift(act=stranger.kill_dependency, named={"db-1": "exited with code 137"}),
    Drift(
        act=stranger.kill_and_detach,
        named={"web-1": "exited with code 137|disconnected by hand from network .*_back$"},
    ),
    Drift(act=stranger.remove, named={"web-1": "is declared and does not exist"}, replaced=WEB),
    Drift(
        act=stranger.remove_network,
        named={
            "network front": "is declared and does not exist",
            "web-1": "disconnected by hand from network .*_front$",
        },
    ),
    Drift(
        act=stranger.remove_network_of_stopped,
        named={"network front": "is declared and does not exist", "web-1": "exited with code 137"},
    ),
    Drift(
        act=stranger.remove_network_below_stopped,
        named={"network front": "does not exist", "web-1": "network .*_front was removed by hand"},
        replaced=WEB,
    ),
    Drift(
        act=stranger.remove_all_but_data,
        named={
            "network back": "does not exist",
            "network front": "does not exist",
            "db-1": "does not exist",
            "prepare-1": "does not exist",
            "web-1": "does not exist",
        },
        replaced=frozenset({"db", "prepare", "web"}),
        job_runs=1,
    ),
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    for place in playground(tmp_path_factory.mktemp("drift") / "play"):
        place.commit_environment(small())
        place.sandbox("sync", "staging")
        yield place


def reasons(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Give what a plan's document says of each target."""
    found: dict[str, list[str]] = {}
    for step in plan["steps"]:
        found.setdefault(step["target"], []).append(step["reason"])
    return found


@pytest.mark.parametrize("drift", KINDS, ids=[each.act.__name__ for each in KINDS])
def test_drift_is_named_by_the_plan_and_healed_by_a_sync(ground: Playground, drift: Drift) -> None:
    before, ids, runs = end_state(ground), container_ids(ground), job_runs(ground)
    with engine() as client:
        drift.act(stranger.Stranger(client=client, ground=ground))

    plan = ground.sandbox("plan", "staging", "--exit-code", "--output", "json", status=3).json
    said = reasons(plan)
    for target, pattern in drift.named.items():
        assert any(re.search(pattern, reason) for reason in said[target]), plan["steps"]
    untold = [step for step in plan["steps"] if step["target"] not in drift.named]
    assert not untold, "nothing else is to be done"

    ground.sandbox("sync", "staging")
    assert end_state(ground) == before
    now = container_ids(ground)
    assert {service for service in ids if ids[service] != now[service]} == drift.replaced
    assert job_runs(ground) == runs + drift.job_runs
    assert ground.sandbox("plan", "staging", "--exit-code", "--output", "json").json["steps"] == []
    status = ground.status()
    assert (status["sync"], status["health"]) == ("synced", "healthy")

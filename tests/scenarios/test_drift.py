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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import docker

pytestmark = pytest.mark.engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody with a client of the engine who knows nothing of us."""

    client: docker.APIClient
    ground: Playground

    def id(self, service: str) -> str:
        return str(self.ground.container(service)["Id"])

    def name(self, service: str) -> str:
        return str(self.ground.container(service)["Name"]).removeprefix("/")

    def network(self, key: str) -> str:
        return f"play-staging-{self.ground.instance[:6]}_{key}"

    def detach(self, service: str, key: str) -> None:
        self.client.disconnect_container_from_network(
            self.id(service), self.network(key), force=True
        )

    def remove_network(self, key: str) -> None:
        """Force everything off a network, and remove it."""
        for item in self.ground.containers():
            if self.network(key) in item["NetworkSettings"]["Networks"]:
                self.client.disconnect_container_from_network(
                    item["Id"], self.network(key), force=True
                )
        self.client.remove_network(self.network(key))


def limit_memory(who: Stranger) -> None:
    who.client.update_container(who.id("web"), mem_limit="96m", memswap_limit="192m")


def limit_processors(who: Stranger) -> None:
    # docker-py has no word for what `docker update --cpus` sends.
    raw: Any = who.client
    url = raw._url("/containers/{0}/update", who.id("web"))
    raw._raise_for_status(raw._post_json(url, {"NanoCpus": 500_000_000}))


def restart_always(who: Stranger) -> None:
    who.client.update_container(who.id("web"), restart_policy={"Name": "always"})


def detach_one(who: Stranger) -> None:
    who.detach("web", "back")


def detach_all(who: Stranger) -> None:
    who.detach("web", "back")
    who.detach("web", "front")


def attach(who: Stranger) -> None:
    who.client.connect_container_to_network(who.id("db"), who.network("front"))


def lose_aliases(who: Stranger) -> None:
    who.detach("web", "back")
    who.client.connect_container_to_network(who.id("web"), who.network("back"))


def rename(who: Stranger) -> None:
    who.client.rename(who.id("web"), f"stranger-{who.ground.instance}")


def swap_names(who: Stranger) -> None:
    web, database = who.id("web"), who.id("db")
    web_name, database_name = who.name("web"), who.name("db")
    who.client.rename(web, f"stranger-{who.ground.instance}")
    who.client.rename(database, web_name)
    who.client.rename(web, database_name)


def pause(who: Stranger) -> None:
    who.client.pause(who.id("web"))


def pause_and_detach(who: Stranger) -> None:
    pause(who)
    detach_one(who)


def stop(who: Stranger) -> None:
    who.client.stop(who.id("web"))


def kill_dependency(who: Stranger) -> None:
    who.client.kill(who.id("db"))


def kill_and_detach(who: Stranger) -> None:
    who.client.kill(who.id("web"))
    detach_one(who)


def remove(who: Stranger) -> None:
    who.client.remove_container(who.id("web"), force=True)


def remove_network(who: Stranger) -> None:
    who.remove_network("front")


def remove_network_of_stopped(who: Stranger) -> None:
    who.client.kill(who.id("web"))
    who.remove_network("front")


def remove_network_below_stopped(who: Stranger) -> None:
    # What is attached to a network and does not run does not keep it from being removed.
    who.client.kill(who.id("web"))
    who.client.remove_network(who.network("front"))


def remove_all_but_data(who: Stranger) -> None:
    for service in ("web", "prepare", "db"):
        who.client.remove_container(who.id(service), force=True)
    for key in ("front", "back"):
        who.client.remove_network(who.network(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """
    One thing that a stranger does.

    Attributes:
        named: Pattern of the reason that the plan must give, by target.
        replaced: Services that get another container; all others keep theirs.
        job_runs: How often the job runs again: only when nothing shows any more that it ran.
    """

    act: Callable[[Stranger], None]
    named: dict[str, str]
    replaced: frozenset[str] = field(default=frozenset())
    job_runs: int = 0


WEB = frozenset({"web"})
KINDS = (
    Drift(
        act=limit_memory,
        named={"web-1": "memory limit changed by hand: 64 MiB -> 96 MiB"},
        replaced=WEB,
    ),
    Drift(
        act=limit_processors,
        named={"web-1": "processor limit changed by hand: unlimited -> 0.5 cpus"},
        replaced=WEB,
    ),
    Drift(
        act=restart_always,
        named={"web-1": "restart policy changed by hand: no -> always"},
        replaced=WEB,
    ),
    Drift(act=detach_one, named={"web-1": "disconnected by hand from network .*_back$"}),
    Drift(act=detach_all, named={"web-1": "disconnected by hand from network .*_(back|front)$"}),
    Drift(act=attach, named={"db-1": "attached by hand to network .*_front"}),
    Drift(act=lose_aliases, named={"web-1": "names on network .*_back were changed by hand"}),
    Drift(act=rename, named={"web-1": "renamed by hand: play-staging-.*-web-1-.* -> stranger-"}),
    Drift(act=swap_names, named={"web-1": "-web-1-.* -> .*-db-1", "db-1": "-db-1.* -> .*-web-1-"}),
    Drift(act=pause, named={"web-1": "paused by hand"}),
    Drift(
        act=pause_and_detach,
        named={"web-1": "paused by hand|disconnected by hand from network .*_back$"},
    ),
    Drift(act=stop, named={"web-1": "exited with code"}),
    Drift(act=kill_dependency, named={"db-1": "exited with code 137"}),
    Drift(
        act=kill_and_detach,
        named={"web-1": "exited with code 137|disconnected by hand from network .*_back$"},
    ),
    Drift(act=remove, named={"web-1": "is declared and does not exist"}, replaced=WEB),
    Drift(
        act=remove_network,
        named={
            "network front": "is declared and does not exist",
            "web-1": "disconnected by hand from network .*_front$",
        },
    ),
    Drift(
        act=remove_network_of_stopped,
        named={"network front": "is declared and does not exist", "web-1": "exited with code 137"},
    ),
    Drift(
        act=remove_network_below_stopped,
        named={"network front": "does not exist", "web-1": "network .*_front was removed by hand"},
        replaced=WEB,
    ),
    Drift(
        act=remove_all_but_data,
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
        drift.act(Stranger(client=client, ground=ground))

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
